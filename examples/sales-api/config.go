package main

import (
	"fmt"
	"strconv"
	"time"
)

type config struct {
	apiHost         string
	debugHost       string
	users           int
	pageRows        int
	readTimeout     time.Duration
	shutdownTimeout time.Duration
}

const (
	maxUsers    = 10_000_000
	maxPageRows = 1_000
)

// configFrom reads the service's settings from the environment; what is unset gets its default.
func configFrom(getenv func(string) string) (config, error) {
	env := environment{getenv: getenv}
	cfg := config{
		apiHost:         env.text("SALES_API_HOST", ":3000"),
		debugHost:       env.text("SALES_DEBUG_HOST", ":4000"),
		users:           env.number("SALES_USERS", 6000, maxUsers),
		pageRows:        env.number("SALES_PAGE_ROWS", 2, maxPageRows),
		readTimeout:     env.duration("SALES_READ_TIMEOUT", 5*time.Second),
		shutdownTimeout: env.duration("SALES_SHUTDOWN_TIMEOUT", 10*time.Second),
	}
	return cfg, env.err
}

// environment keeps the first setting that made no sense.
type environment struct {
	getenv func(string) string
	err    error
}

func (e *environment) text(name, fallback string) string {
	if text := e.getenv(name); text != "" {
		return text
	}
	return fallback
}

func (e *environment) number(name string, fallback, max int) int {
	text := e.getenv(name)
	if text == "" {
		return fallback
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < 1 || number > max {
		e.refuse("%s=%q: want a number from 1 to %d", name, text, max)
	}
	return number
}

func (e *environment) duration(name string, fallback time.Duration) time.Duration {
	text := e.getenv(name)
	if text == "" {
		return fallback
	}
	duration, err := time.ParseDuration(text)
	if err != nil || duration <= 0 {
		e.refuse("%s=%q: want a duration such as 5s", name, text)
	}
	return duration
}

func (e *environment) refuse(format string, args ...any) {
	if e.err == nil {
		e.err = fmt.Errorf(format, args...)
	}
}
