// Package engine holds everything about an organization that access hangs on, in memory, and decides from it.
//
// A decision is a literal walk: from the target up to what lies above it, looking at every rule there that belongs to the technician or to one of
// their teams. The same walk decides, explains and says who may; lists are made from the technician's rules instead and are held against it by
// tests. Nothing is cached: an answer is true at the moment for which it was asked.
//
// The order of a decision is that of ACC-15. Times are half-open: a rule is dead at its end.
package engine

import (
	"sync"
	"time"

	"countersign.dev/countersign/internal/access/perm"
)

// Engine decides for one organization. It is safe for use by many goroutines: what one Write changes becomes visible at once and whole.
type Engine struct {
	mu sync.RWMutex
	state
}

// state is what the mutex guards. Things are known inside by dense numbers, which are never used again for something else.
type state struct {
	suspended bool
	sensitive perm.Bits // in the whole organization
	defaults  perm.Bits // what everybody has on the customers assigned to them

	people  map[ID]int32 // technicians and teams
	subject []subject
	posts   map[post][]int32 // the technicians that have each; lists may be shared and only grow in place
	known   map[ID]int32     // customers, groups and devices
	nodes   []node
	roles   map[ID]int32
	own     map[ID]PlatformRole // the organization's own platform roles
	role    []role

	rules     [][]rule // by the number of a node's rules, each in order of subject; the first is nobody's
	spans     []span   // the times of rules that have some; the first is never used
	approvals map[approval]span
	customers map[int32]customer

	tree
}

type subject struct {
	id        ID
	kind      subjectKind
	active    bool
	owner     bool
	role      perm.Role
	own       ID // the organization's own platform role that counts instead of role's base; zero for none
	reach     reach
	with      []int32 // the teams of a technician, the members of a team
	customers []int32 // assigned, in order of number
	held      []int32 // the nodes that have its rules, once for each rule
}

// post is what a technician's reach hangs on.
type post struct {
	owner bool
	role  perm.Role
	own   ID
}

func (s *subject) post() post { return post{s.owner, s.role, s.own} }

type subjectKind uint8

const (
	nobody subjectKind = iota // named, but not there
	technician
	team
)

type role struct {
	id        ID
	bits      perm.Bits
	sensitive perm.Bits
}

// rule is a grant or an override at a node.
type rule struct {
	subject int32
	role    int32 // or allowing, denying
	span    int32 // 0 for always
	place   int16 // of an override's permission in the catalogue; everything for all of them
	id      ID
}

const (
	allowing int32 = -1
	denying  int32 = -2

	everything int16 = -1
)

// span is a half-open time in Unix nanoseconds; an open end is the largest number.
type span struct{ from, to int64 }

func (s span) holds(at int64) bool { return s.from <= at && at < s.to }

type approval struct {
	technician, node int32
	place            int16
}

type customer struct{ defaults, sensitive perm.Bits }

// New returns an Engine that knows nobody and so refuses everything.
func New() *Engine {
	e := &Engine{state: state{
		sensitive: perm.Sensitive(),
		people:    map[ID]int32{}, known: map[ID]int32{}, roles: map[ID]int32{}, own: map[ID]PlatformRole{},
		posts: map[post][]int32{},
		rules: make([][]rule, 1), spans: make([]span, 1), approvals: map[approval]span{}, customers: map[int32]customer{},
		tree: tree{inside: make([]content, 1), stale: true},
	}}
	for _, k := range [...]nodeKind{allDevices: allDevices, allCustomers: allCustomers, organization: organization, quickSupport: quickSupport} {
		e.nodes = append(e.nodes, node{kind: k, parent: none, customer: none})
	}
	return e
}

// Check decides whether a technician may do p to a target at a time.
func (e *Engine) Check(at time.Time, technicianID string, p perm.Permission, on Target) Outcome {
	e.mu.RLock()
	defer e.mu.RUnlock()
	want := perm.BitsOf(p)
	v := e.weigh(at.UnixNano(), e.technician(technicianID), e.find(on), want, nil)
	outcome, _ := v.of(want)
	return outcome
}

// Permissions are what a technician may do to a target at a time, without an approval.
func (e *Engine) Permissions(at time.Time, technicianID string, on Target) []perm.Permission {
	e.mu.RLock()
	defer e.mu.RUnlock()
	v := e.weigh(at.UnixNano(), e.technician(technicianID), e.find(on), perm.All(), nil)
	return v.free().Permissions()
}
