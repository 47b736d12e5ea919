// Command sales-api lists users from a table in memory. It is the service that memfit's examples
// and end-to-end tests measure: small, with a live heap of some megabytes and a real amount of
// garbage per request.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(log.LstdFlags | log.LUTC)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Getenv); err != nil {
		log.Fatalf("sales-api: %v", err)
	}
}

// run serves until ctx is done, then lets the requests in flight finish.
func run(ctx context.Context, getenv func(string) string) error {
	cfg, err := configFrom(getenv)
	if err != nil {
		return err
	}

	debugListener, err := net.Listen("tcp", cfg.debugHost)
	if err != nil {
		return fmt.Errorf("debug listener: %w", err)
	}
	defer debugListener.Close()
	apiListener, err := net.Listen("tcp", cfg.apiHost)
	if err != nil {
		return fmt.Errorf("api listener: %w", err)
	}
	defer apiListener.Close()

	var ready readiness
	debug := &http.Server{Handler: debugMux(), ReadHeaderTimeout: cfg.readTimeout}
	api := &http.Server{
		Handler:           apiMux(newTable(cfg.users), cfg.pageRows, &ready),
		ReadHeaderTimeout: cfg.readTimeout,
	}

	failed := make(chan error, 2)
	go func() { failed <- serve(debug, debugListener) }()
	go func() { failed <- serve(api, apiListener) }()
	ready.set(true)
	log.Printf("serving %d users on %s, debug on %s", cfg.users, apiListener.Addr(),
		debugListener.Addr())

	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ready.set(false)
	return shutdown(cfg.shutdownTimeout, api, debug)
}

func serve(server *http.Server, listener net.Listener) error {
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("%s: %w", listener.Addr(), err)
	}
	return nil
}

func shutdown(timeout time.Duration, servers ...*http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	for _, server := range servers {
		if err := server.Shutdown(ctx); err != nil {
			return fmt.Errorf("shutdown: %w", err)
		}
	}
	return nil
}
