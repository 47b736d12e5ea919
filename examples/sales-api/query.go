package main

import (
	"fmt"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"
)

// query says which users a request wants, in which order, and which page of them.
type query struct {
	page       int
	rows       int
	orderBy    string
	descending bool
	name       string
	department string
	enabled    *bool
}

// sortKeys maps what orderBy accepts to the text that is compared, no two users having the same:
// pages must neither repeat nor lose a user.
var sortKeys = map[string]func(*user) string{
	"id":          func(u *user) string { return u.ID },
	"name":        func(u *user) string { return strings.ToLower(u.Name) + "\x00" + u.ID },
	"email":       func(u *user) string { return strings.ToLower(u.Email) },
	"department":  func(u *user) string { return u.Department + "\x00" + u.ID },
	"dateCreated": func(u *user) string { return u.DateCreated.Format(time.RFC3339) + u.ID },
}

func parseQuery(values url.Values, defaultRows int) (query, error) {
	q := query{page: 1, rows: defaultRows, orderBy: "name"}
	var err error
	if q.page, err = positive(values, "page", q.page, maxUsers); err != nil {
		return query{}, err
	}
	if q.rows, err = positive(values, "rows", q.rows, maxPageRows); err != nil {
		return query{}, err
	}
	if order := values.Get("orderBy"); order != "" {
		field, direction, _ := strings.Cut(order, ",")
		if sortKeys[field] == nil || (direction != "" && direction != "asc" && direction != "desc") {
			return query{}, fmt.Errorf("orderBy=%q is not a field, with ,asc or ,desc", order)
		}
		q.orderBy, q.descending = field, direction == "desc"
	}
	if text := values.Get("enabled"); text != "" {
		enabled, err := strconv.ParseBool(text)
		if err != nil {
			return query{}, fmt.Errorf("enabled=%q is not true or false", text)
		}
		q.enabled = &enabled
	}
	q.name = strings.ToLower(values.Get("name"))
	q.department = values.Get("department")
	return q, nil
}

func positive(values url.Values, name string, fallback, max int) (int, error) {
	text := values.Get(name)
	if text == "" {
		return fallback, nil
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < 1 || number > max {
		return 0, fmt.Errorf("%s=%q is not a number from 1 to %d", name, text, max)
	}
	return number, nil
}

// page is the answer to a query.
type page struct {
	Total int    `json:"total"`
	Page  int    `json:"page"`
	Rows  int    `json:"rowsPerPage"`
	Users []user `json:"users"`
}

type match struct {
	key string
	row *user
}

func (q query) run(table []*user) page {
	matches := q.matching(table)
	sort.Slice(matches, func(i, j int) bool {
		if q.descending {
			i, j = j, i
		}
		return matches[i].key < matches[j].key
	})

	first := min((q.page-1)*q.rows, len(matches))
	last := min(first+q.rows, len(matches))
	users := make([]user, 0, last-first)
	for _, found := range matches[first:last] {
		users = append(users, *found.row)
	}
	return page{Total: len(matches), Page: q.page, Rows: q.rows, Users: users}
}

func (q query) matching(table []*user) []match {
	key := sortKeys[q.orderBy]
	matches := make([]match, 0, len(table))
	for _, row := range table {
		if q.wants(row) {
			matches = append(matches, match{key: key(row), row: row})
		}
	}
	return matches
}

func (q query) wants(u *user) bool {
	return (q.name == "" || strings.Contains(strings.ToLower(u.Name), q.name)) &&
		(q.department == "" || u.Department == q.department) &&
		(q.enabled == nil || u.Enabled == *q.enabled)
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}
