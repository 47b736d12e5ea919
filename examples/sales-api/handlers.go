package main

import (
	"encoding/json"
	"net/http"
	"sync/atomic"
)

// readiness is whether the service wants traffic; safe for use by many requests at once.
type readiness struct{ ready atomic.Bool }

func (r *readiness) set(ready bool) { r.ready.Store(ready) }

func apiMux(table []*user, pageRows int, ready *readiness) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/users", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			w.Header().Set("Allow", http.MethodGet)
			respond(w, http.StatusMethodNotAllowed, problem{"only GET is served here"})
			return
		}
		q, err := parseQuery(r.URL.Query(), pageRows)
		if err != nil {
			respond(w, http.StatusBadRequest, problem{err.Error()})
			return
		}
		respond(w, http.StatusOK, q.run(table))
	})
	mux.HandleFunc("/liveness", func(w http.ResponseWriter, _ *http.Request) {
		respond(w, http.StatusOK, status{"up"})
	})
	mux.HandleFunc("/readiness", func(w http.ResponseWriter, _ *http.Request) {
		if !ready.ready.Load() {
			respond(w, http.StatusServiceUnavailable, status{"not ready"})
			return
		}
		respond(w, http.StatusOK, status{"ready"})
	})
	return mux
}

type problem struct {
	Error string `json:"error"`
}

type status struct {
	Status string `json:"status"`
}

func respond(w http.ResponseWriter, code int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	// A client that went away is no failure of the service.
	_, _ = w.Write(body)
}
