package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"testing"
)

const testUsers = 200

func get(t *testing.T, handler http.Handler, target string, wantCode int, into any) {
	t.Helper()
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, target, nil))
	if recorder.Code != wantCode {
		t.Fatalf("%s: status %d, want %d: %s", target, recorder.Code, wantCode, recorder.Body)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(recorder.Body.Bytes(), into); err != nil {
		t.Fatalf("%s: %v in %s", target, err, recorder.Body)
	}
}

func testAPI() (*http.ServeMux, *readiness) {
	var ready readiness
	ready.set(true)
	return apiMux(newTable(testUsers), 2, &ready), &ready
}

func TestTheTableIsTheSameEveryTime(t *testing.T) {
	if !reflect.DeepEqual(newTable(testUsers), newTable(testUsers)) {
		t.Error("two tables of one size differ")
	}
}

func TestPagesHoldEveryUserOnceAndInOrder(t *testing.T) {
	api, _ := testAPI()
	for order := range sortKeys {
		var keys []string
		seen := map[string]bool{}
		for number := 1; ; number++ {
			var got page
			get(t, api, "/v1/users?rows=7&orderBy="+order+"&page="+strconv.Itoa(number), http.StatusOK, &got)
			if len(got.Users) == 0 {
				break
			}
			for _, u := range got.Users {
				u := u
				keys = append(keys, sortKeys[order](&u))
				seen[u.ID] = true
			}
		}
		if len(keys) != testUsers || len(seen) != testUsers {
			t.Errorf("%s: %d rows of %d users, want %d", order, len(keys), len(seen), testUsers)
		}
		if !sort.StringsAreSorted(keys) {
			t.Errorf("%s: out of order", order)
		}
	}
}

func TestDescendingIsAscendingBackwards(t *testing.T) {
	api, _ := testAPI()
	var up, down page
	get(t, api, "/v1/users?rows=200&orderBy=email", http.StatusOK, &up)
	get(t, api, "/v1/users?rows=200&orderBy=email,desc", http.StatusOK, &down)
	for i := range up.Users {
		if up.Users[i].ID != down.Users[len(down.Users)-1-i].ID {
			t.Fatalf("row %d differs", i)
		}
	}
}

func TestFiltersNarrowTheAnswer(t *testing.T) {
	api, _ := testAPI()
	var got page
	get(t, api, "/v1/users?rows=200&name=ADA&department=sales&enabled=true", http.StatusOK, &got)
	want := 0
	for _, u := range newTable(testUsers) {
		if strings.Contains(u.Name, "Ada") && u.Department == "sales" && u.Enabled {
			want++
		}
	}
	if want == 0 || got.Total != want || len(got.Users) != want {
		t.Errorf("total %d, %d users, want %d and more than none", got.Total, len(got.Users), want)
	}
}

func TestTheDefaultPageIsSmallAndShowsNoPassword(t *testing.T) {
	api, _ := testAPI()
	var got struct{ Users []map[string]any }
	get(t, api, "/v1/users", http.StatusOK, &got)
	if len(got.Users) != 2 {
		t.Fatalf("%d users, want 2", len(got.Users))
	}
	for name := range got.Users[0] {
		if strings.Contains(strings.ToLower(name), "password") {
			t.Errorf("%s is shown", name)
		}
	}
}

func TestNonsenseIsRefused(t *testing.T) {
	api, _ := testAPI()
	for _, target := range []string{"/v1/users?page=0", "/v1/users?rows=1001", "/v1/users?rows=x",
		"/v1/users?orderBy=password", "/v1/users?orderBy=name,up", "/v1/users?enabled=maybe"} {
		get(t, api, target, http.StatusBadRequest, nil)
	}
}

func TestAServiceThatStopsIsAliveButNotReady(t *testing.T) {
	api, ready := testAPI()
	get(t, api, "/readiness", http.StatusOK, nil)
	ready.set(false)
	get(t, api, "/readiness", http.StatusServiceUnavailable, nil)
	get(t, api, "/liveness", http.StatusOK, nil)
}

func TestTheDebugPortShowsMemoryWithAndWithoutATrailingSlash(t *testing.T) {
	for _, target := range []string{"/debug/vars", "/debug/vars/"} {
		var got struct {
			Goroutines int
			Memstats   struct{ Sys, HeapReleased uint64 }
		}
		get(t, debugMux(), target, http.StatusOK, &got)
		if got.Goroutines == 0 || got.Memstats.Sys == 0 {
			t.Errorf("%s: %+v", target, got)
		}
	}
}

func TestSettingsThatMakeNoSenseAreNamed(t *testing.T) {
	for name, value := range map[string]string{"SALES_USERS": "many", "SALES_PAGE_ROWS": "0",
		"SALES_SHUTDOWN_TIMEOUT": "5"} {
		_, err := configFrom(func(asked string) string {
			if asked == name {
				return value
			}
			return ""
		})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}

func TestRunEndsCleanlyWhenItIsToldTo(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := run(ctx, func(name string) string {
		if strings.HasSuffix(name, "_HOST") {
			return "127.0.0.1:0"
		}
		return ""
	})
	if err != nil {
		t.Error(err)
	}
}
