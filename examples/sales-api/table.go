package main

import (
	"fmt"
	"math/rand"
	"strings"
	"time"
)

// user is one row of the table, and what the API shows of it.
type user struct {
	ID           string    `json:"id"`
	Name         string    `json:"name"`
	Email        string    `json:"email"`
	Roles        []string  `json:"roles"`
	Department   string    `json:"department"`
	Enabled      bool      `json:"enabled"`
	DateCreated  time.Time `json:"dateCreated"`
	DateUpdated  time.Time `json:"dateUpdated"`
	passwordHash []byte
}

var (
	givenNames = []string{"Ada", "Alan", "Barbara", "Bjarne", "Dennis", "Donald", "Edsger", "Frances",
		"Grace", "John", "Katherine", "Ken", "Leslie", "Margaret", "Niklaus", "Radia", "Rob", "Tony"}
	familyNames = []string{"Allen", "Dijkstra", "Hamilton", "Hoare", "Hopper", "Johnson", "Kernighan",
		"Knuth", "Lamport", "Liskov", "Lovelace", "McCarthy", "Perlman", "Pike", "Ritchie", "Thompson",
		"Turing", "Wirth"}
	departments = []string{"accounting", "engineering", "marketing", "sales", "support"}
	firstDay    = time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC)
)

const (
	tableSeed         = 1
	passwordHashBytes = 60
	oneInSoManyLocked = 10
)

// newTable makes the same users every time, so that runs can be compared.
func newTable(size int) []*user {
	random := rand.New(rand.NewSource(tableSeed))
	table := make([]*user, size)
	for row := range table {
		table[row] = newUser(row, random)
	}
	return table
}

func newUser(row int, random *rand.Rand) *user {
	given := givenNames[random.Intn(len(givenNames))]
	family := familyNames[random.Intn(len(familyNames))]
	created := firstDay.Add(time.Duration(random.Intn(3*365*24)) * time.Hour)
	hash := make([]byte, passwordHashBytes)
	random.Read(hash)

	roles := []string{"USER"}
	if random.Intn(20) == 0 {
		roles = append(roles, "ADMIN")
	}
	return &user{
		ID:           newID(random),
		Name:         given + " " + family,
		Email:        strings.ToLower(fmt.Sprintf("%s.%s.%d@example.com", given, family, row)),
		Roles:        roles,
		Department:   departments[random.Intn(len(departments))],
		Enabled:      random.Intn(oneInSoManyLocked) != 0,
		DateCreated:  created,
		DateUpdated:  created.Add(time.Duration(random.Intn(365*24)) * time.Hour),
		passwordHash: hash,
	}
}

// newID has the form of a random UUID.
func newID(random *rand.Rand) string {
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", random.Uint32(), random.Intn(1<<16),
		random.Intn(1<<12), random.Intn(1<<12), random.Int63n(1<<48))
}
