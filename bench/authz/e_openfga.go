package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	openfgav1 "github.com/openfga/api/proto/openfga/v1"
	"github.com/openfga/language/pkg/go/transformer"
	"github.com/openfga/openfga/pkg/server"
	"github.com/openfga/openfga/pkg/storage"
	"github.com/openfga/openfga/pkg/storage/memory"
	"github.com/openfga/openfga/pkg/storage/migrate"
	"github.com/openfga/openfga/pkg/storage/sqlcommon"
	"github.com/openfga/openfga/pkg/storage/sqlite"
)

const fgaListDeadline = 25 * time.Second

// fga: backend is "memory" (the library's own, linear scans), "indexed" (our adapter over the same
// reader interface, maps instead of scans) or "sqlite". dynamic=false puts the roles into the model
// (fastest, but a role edit is a model change); dynamic=true keeps roles as data.
type fga struct {
	backend string
	dynamic bool
	cached  bool
	v2      bool
	w       *Workload
	s       *server.Server
	ds      storage.OpenFGADatastore
	store   string
	model   string
	n       int
	dir     string
}

func (f *fga) Note() string {
	m := "roles in the model"
	if f.dynamic {
		m = "roles as data"
	}
	n := f.backend + " store, " + m
	if f.cached {
		n += ", check caches on"
	}
	if f.v2 {
		n += ", experimental weighted graph check"
	}
	return n
}

func fgaModel(w *Workload, dynamic bool) string {
	var b strings.Builder
	b.WriteString("model\n  schema 1.1\ntype technician\ntype department\n  relations\n    define member: [technician]\n")
	if dynamic {
		b.WriteString("type role\n  relations\n")
		for p := 0; p < w.P.Perms; p++ {
			fmt.Fprintf(&b, "    define p%d: [technician:*]\n", p)
		}
		b.WriteString("type grant\n  relations\n    define assignee: [technician, department#member]\n    define role: [role]\n")
		for p := 0; p < w.P.Perms; p++ {
			fmt.Fprintf(&b, "    define p%d: assignee and p%d from role\n", p, p)
		}
		for _, t := range []string{"group", "device"} {
			fmt.Fprintf(&b, "type %s\n  relations\n    define parent: [group]\n    define grant: [grant]\n", t)
			for p := 0; p < w.P.Perms; p++ {
				fmt.Fprintf(&b, "    define p%d: p%d from grant or p%d from parent\n", p, p, p)
			}
		}
		return b.String()
	}
	for _, t := range []string{"group", "device"} {
		fmt.Fprintf(&b, "type %s\n  relations\n    define parent: [group]\n", t)
		for r := range w.RoleMask {
			fmt.Fprintf(&b, "    define r%d: [technician, department#member] or r%d from parent\n", r, r)
		}
		for p := 0; p < w.P.Perms; p++ {
			var rs []string
			for r, m := range w.RoleMask {
				if m>>uint(p)&1 == 1 {
					rs = append(rs, "r"+strconv.Itoa(r))
				}
			}
			if len(rs) == 0 {
				rs = []string{"r0"} // cannot happen with the default seed
			}
			fmt.Fprintf(&b, "    define p%d: %s\n", p, strings.Join(rs, " or "))
		}
	}
	return b.String()
}

func (f *fga) grantTuples(i int, g Grant) []*openfgav1.TupleKey {
	sub := "technician:" + tn(g.Sub)
	if g.Kind == SubDept {
		sub = "department:" + dn(g.Sub) + "#member"
	}
	obj := "device:" + targetName(g)
	if g.Group {
		obj = "group:" + targetName(g)
	}
	if !f.dynamic {
		return []*openfgav1.TupleKey{{Object: obj, Relation: rn(g.Role), User: sub}}
	}
	id := "grant:x" + strconv.Itoa(i)
	return []*openfgav1.TupleKey{
		{Object: id, Relation: "assignee", User: sub},
		{Object: id, Relation: "role", User: "role:" + rn(g.Role)},
		{Object: obj, Relation: "grant", User: id},
	}
}

func (f *fga) Load(w *Workload) error {
	f.w = w
	ctx := context.Background()
	switch f.backend {
	case "memory":
		f.ds = memory.New(memory.WithMaxTuplesPerWrite(1 << 30))
	case "indexed":
		f.ds = newIndexedStore()
	case "sqlite":
		dir, err := os.MkdirTemp("", "fgabench")
		if err != nil {
			return err
		}
		f.dir = dir
		uri := "file:" + filepath.Join(dir, "fga.db")
		if err := migrate.RunMigrations(migrate.MigrationConfig{Engine: "sqlite", URI: uri, Timeout: time.Minute, PingTimeout: 5 * time.Second}); err != nil {
			return err
		}
		ds, err := sqlite.New(uri, sqlcommon.NewConfig(sqlcommon.WithMaxTuplesPerWrite(2000)))
		if err != nil {
			return err
		}
		f.ds = ds
	}
	opts := []server.OpenFGAServiceV1Option{
		server.WithDatastore(f.ds),
		// The library cuts a list off at the deadline without saying so; the item count shows it.
		server.WithListObjectsDeadline(fgaListDeadline), server.WithListObjectsMaxResults(0),
		server.WithListUsersDeadline(fgaListDeadline), server.WithListUsersMaxResults(0),
		server.WithRequestTimeout(2 * time.Minute),
	}
	if f.cached {
		opts = append(opts, server.WithCheckQueryCacheEnabled(true), server.WithCheckIteratorCacheEnabled(true),
			server.WithCheckCacheLimit(100000), server.WithCacheControllerEnabled(true))
	}
	// The shipped server turns the list pipeline on by default, the embedded library does not.
	exp := []string{"pipeline_list_objects"}
	if f.v2 {
		exp = append(exp, "weighted_graph_check")
	}
	opts = append(opts, server.WithExperimentals(exp...))
	s, err := server.NewServerWithOpts(opts...)
	if err != nil {
		return err
	}
	f.s = s
	st, err := s.CreateStore(ctx, &openfgav1.CreateStoreRequest{Name: "bench"})
	if err != nil {
		return err
	}
	f.store = st.GetId()
	m, err := transformer.TransformDSLToProto(fgaModel(w, f.dynamic))
	if err != nil {
		return err
	}
	wm, err := s.WriteAuthorizationModel(ctx, &openfgav1.WriteAuthorizationModelRequest{
		StoreId: f.store, TypeDefinitions: m.GetTypeDefinitions(), SchemaVersion: m.GetSchemaVersion(), Conditions: m.GetConditions(),
	})
	if err != nil {
		return err
	}
	f.model = wm.GetAuthorizationModelId()
	var ts []*openfgav1.TupleKey
	for t, dd := range w.TechDepts {
		for _, d := range dd {
			ts = append(ts, &openfgav1.TupleKey{Object: "department:" + dn(d), Relation: "member", User: "technician:" + tn(int32(t))})
		}
	}
	for d, g := range w.DevGroup {
		ts = append(ts, &openfgav1.TupleKey{Object: "device:" + vn(int32(d)), Relation: "parent", User: "group:" + gn(g)})
	}
	for g, pa := range w.Parent {
		if pa >= 0 {
			ts = append(ts, &openfgav1.TupleKey{Object: "group:" + gn(int32(g)), Relation: "parent", User: "group:" + gn(pa)})
		}
	}
	if f.dynamic {
		for r, m := range w.RoleMask {
			for p := 0; p < w.P.Perms; p++ {
				if m>>uint(p)&1 == 1 {
					ts = append(ts, &openfgav1.TupleKey{Object: "role:" + rn(int32(r)), Relation: pn(p), User: "technician:*"})
				}
			}
		}
	}
	for i, g := range w.Grants {
		ts = append(ts, f.grantTuples(i, g)...)
	}
	f.n = len(w.Grants)
	batch := 1000
	if f.backend == "memory" {
		batch = len(ts) // one batch: the library's store rescans everything on every write
	}
	for len(ts) > 0 { // straight to the datastore: the service's own limit is 100 tuples a call
		n := min(batch, len(ts))
		if err := f.ds.Write(ctx, f.store, nil, ts[:n]); err != nil {
			return err
		}
		ts = ts[n:]
	}
	return nil
}

func (f *fga) Close() {
	f.s.Close()
	if f.dir != "" {
		os.RemoveAll(f.dir)
	}
}

func (f *fga) Check(q Query) (bool, error) {
	r, err := f.s.Check(context.Background(), &openfgav1.CheckRequest{
		StoreId: f.store, AuthorizationModelId: f.model,
		TupleKey: &openfgav1.CheckRequestTupleKey{User: "technician:" + tn(q.Tech), Relation: pn(q.Perm), Object: "device:" + vn(q.Dev)},
	})
	if err != nil {
		return false, err
	}
	return r.GetAllowed(), nil
}

type strResult []string

func (r strResult) Len() int { return len(r) }
func (r strResult) IDs() []int32 {
	out := make([]int32, len(r))
	for i, s := range r {
		_, id, _ := strings.Cut(s, ":")
		n, _ := strconv.Atoi(id[1:])
		out[i] = int32(n)
	}
	return out
}

func (f *fga) List(tech int32, perm int) (Result, error) {
	r, err := f.s.ListObjects(context.Background(), &openfgav1.ListObjectsRequest{
		StoreId: f.store, AuthorizationModelId: f.model,
		Type: "device", Relation: pn(perm), User: "technician:" + tn(tech),
	})
	if err != nil {
		return nil, err
	}
	return strResult(r.GetObjects()), nil
}

func (f *fga) Who(dev int32, perm int) (Result, error) {
	r, err := f.s.ListUsers(context.Background(), &openfgav1.ListUsersRequest{
		StoreId: f.store, AuthorizationModelId: f.model,
		Object: &openfgav1.Object{Type: "device", Id: vn(dev)}, Relation: pn(perm),
		UserFilters: []*openfgav1.UserTypeFilter{{Type: "technician"}},
	})
	if err != nil {
		return nil, err
	}
	out := make(strResult, 0, len(r.GetUsers()))
	for _, u := range r.GetUsers() {
		if o := u.GetObject(); o != nil {
			out = append(out, o.GetType()+":"+o.GetId())
		}
	}
	return out, nil
}

func (f *fga) AddGrant(g Grant) error {
	_, err := f.s.Write(context.Background(), &openfgav1.WriteRequest{
		StoreId: f.store, AuthorizationModelId: f.model,
		Writes: &openfgav1.WriteRequestWrites{TupleKeys: f.grantTuples(f.n, g)},
	})
	f.n++
	return err
}

// indexedStore embeds the library's memory backend for models and stores, and replaces its tuple
// methods with map lookups, so that the evaluation is measured and not a linear scan.
type indexedStore struct {
	storage.OpenFGADatastore
	mu      sync.RWMutex
	byObj   map[string][]*openfgav1.Tuple // object#relation
	byUser  map[string][]*openfgav1.Tuple // type#relation@user
	exact   map[string]*openfgav1.Tuple   // object#relation@user
	objOnly map[string][]*openfgav1.Tuple
}

func newIndexedStore() *indexedStore {
	return &indexedStore{
		OpenFGADatastore: memory.New(), byObj: map[string][]*openfgav1.Tuple{},
		byUser: map[string][]*openfgav1.Tuple{}, exact: map[string]*openfgav1.Tuple{}, objOnly: map[string][]*openfgav1.Tuple{},
	}
}

func typeOf(o string) string { t, _, _ := strings.Cut(o, ":"); return t }

func (s *indexedStore) MaxTuplesPerWrite() int { return 1 << 20 }

func (s *indexedStore) Write(_ context.Context, _ string, d storage.Deletes, w storage.Writes, _ ...storage.TupleWriteOption) error {
	if len(d) > 0 {
		return errUnsupported
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range w {
		t := &openfgav1.Tuple{Key: k}
		or := k.GetObject() + "#" + k.GetRelation()
		s.byObj[or] = append(s.byObj[or], t)
		uk := typeOf(k.GetObject()) + "#" + k.GetRelation() + "@" + k.GetUser()
		s.byUser[uk] = append(s.byUser[uk], t)
		s.exact[or+"@"+k.GetUser()] = t
	}
	return nil
}

func (s *indexedStore) Read(_ context.Context, _ string, f storage.ReadFilter, _ storage.ReadOptions) (storage.TupleIterator, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	ts := s.byObj[f.Object+"#"+f.Relation]
	if f.User != "" {
		ts = slices.DeleteFunc(slices.Clone(ts), func(t *openfgav1.Tuple) bool {
			u := t.GetKey().GetUser()
			return u != f.User && !(strings.HasSuffix(f.User, ":") && strings.HasPrefix(u, f.User))
		})
	}
	return storage.NewStaticTupleIterator(ts), nil
}

func (s *indexedStore) ReadUserTuple(_ context.Context, _ string, f storage.ReadUserTupleFilter, _ storage.ReadUserTupleOptions) (*openfgav1.Tuple, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if t := s.exact[f.Object+"#"+f.Relation+"@"+f.User]; t != nil {
		return t, nil
	}
	return nil, storage.ErrNotFound
}

func (s *indexedStore) ReadUsersetTuples(_ context.Context, _ string, f storage.ReadUsersetTuplesFilter, _ storage.ReadUsersetTuplesOptions) (storage.TupleIterator, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []*openfgav1.Tuple
	for _, t := range s.byObj[f.Object+"#"+f.Relation] {
		u := t.GetKey().GetUser()
		obj, rel, isSet := strings.Cut(u, "#")
		wild := strings.HasSuffix(u, ":*")
		if !isSet && !wild {
			continue
		}
		ok := len(f.AllowedUserTypeRestrictions) == 0
		for _, a := range f.AllowedUserTypeRestrictions {
			if a.GetType() == typeOf(obj) && (isSet && a.GetRelation() == rel || wild && a.GetWildcard() != nil) {
				ok = true
			}
		}
		if ok {
			out = append(out, t)
		}
	}
	return storage.NewStaticTupleIterator(out), nil
}

func (s *indexedStore) ReadStartingWithUser(_ context.Context, _ string, f storage.ReadStartingWithUserFilter, _ storage.ReadStartingWithUserOptions) (storage.TupleIterator, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []*openfgav1.Tuple
	for _, u := range f.UserFilter {
		us := u.GetObject()
		if u.GetRelation() != "" {
			us += "#" + u.GetRelation()
		}
		for _, t := range s.byUser[f.ObjectType+"#"+f.Relation+"@"+us] {
			if f.ObjectIDs != nil {
				_, id, _ := strings.Cut(t.GetKey().GetObject(), ":")
				if !f.ObjectIDs.Exists(id) {
					continue
				}
			}
			out = append(out, t)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].GetKey().GetObject() < out[j].GetKey().GetObject() })
	return storage.NewStaticTupleIterator(out), nil
}
