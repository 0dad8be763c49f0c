package password

import (
	"context"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/fault"
)

const goodPHC = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"

func TestHashesOutOfBoundsAreRefused(t *testing.T) {
	if _, err := parsePHC(goodPHC); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string][2]string{
		"a hash bomb":           {"m=19456", "m=8388608"},
		"many passes":           {"t=2", "t=4000000"},
		"a lot of both":         {"m=19456,t=2", "m=131072,t=10"},
		"many threads":          {"p=1", "p=255"},
		"no memory":             {"m=19456", "m=0"},
		"less than the threads": {"m=19456,t=2,p=1", "m=8,t=2,p=2"},
		"a leading zero":        {"m=19456", "m=019456"},
		"a sign":                {"m=19456", "m=+19456"},
		"another order":         {"m=19456,t=2", "t=2,m=19456"},
		"another kind":          {"argon2id", "argon2i"},
		"another version":       {"v=19", "v=16"},
		"a short salt":          {"c29tZXNhbHRzb21lc2FsdA", "c2FsdA"},
		"stray bits":            {"c29tZXNhbHRzb21lc2FsdA", "c29tZXNhbHRzb21lc2FsdB"},
		"padding":               {"c29tZXNhbHRzb21lc2FsdA", "c29tZXNhbHRzb21lc2FsdA=="},
		"no key":                {"$MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE", ""},
		"more parts":            {"$argon2id", "$$argon2id"},
	} {
		t.Run(name, func(t *testing.T) {
			s := strings.Replace(goodPHC, tc[0], tc[1], 1)
			if s == goodPHC {
				t.Fatal("the case changes nothing")
			}
			if h, err := parsePHC(s); err == nil {
				t.Errorf("%s was read as %+v", s, h.Params)
			}
		})
	}
}

func TestAHashIsStoredAndRead(t *testing.T) {
	h := NewHasher(Params{Memory: 64, Time: 1, Threads: 1}, 1)
	s, err := h.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Leave()
	stored := s.Hash("violet otter parade")
	if ok, stale := s.Verify(stored, "violet otter parade"); !ok || stale {
		t.Errorf("own hash: ok %v, stale %v", ok, stale)
	}
	if ok, _ := s.Verify(stored, "violet otter parade "); ok {
		t.Error("another password matches")
	}
	for _, broken := range []string{"", "$argon2id$", goodPHC + "x"} {
		if ok, _ := s.Verify(broken, ""); ok {
			t.Errorf("%q matches", broken)
		}
	}
	h.params.Time = 2
	if ok, stale := s.Verify(stored, "violet otter parade"); !ok || !stale {
		t.Errorf("after dearer costs: ok %v, stale %v", ok, stale)
	}
}

func TestAFullQueueIsTurnedAway(t *testing.T) {
	h := NewHasher(Params{Memory: 64, Time: 1, Threads: 1}, 1)
	first, err := h.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	results := make(chan error, maxWaiting)
	for range maxWaiting {
		go func() {
			_, err := h.Enter(ctx)
			results <- err
		}()
	}
	for h.waiting.Load() < maxWaiting {
	}
	if _, err := h.Enter(t.Context()); err == nil {
		t.Error("one more was let in")
	}
	cancel()
	for range maxWaiting {
		if err := <-results; err == nil {
			t.Error("somebody got the slot that is taken")
		}
	}
	first.Leave()
	if _, err := h.Enter(t.Context()); err != nil {
		t.Errorf("after the queue was empty: %v", err)
	}
}

func TestPasswordsThatAreTooEasy(t *testing.T) {
	context := []string{"Northwind Traders", "Ada Lovelace", "ada@northwind.example"}
	for password, want := range map[string]string{
		"violet otter parade":           "",
		"correct horse battery staple":  "", // no word of it is on the list by itself
		"Zwölf Boxkämpfer jagen":        "",
		"пароли бывают разные":          "",
		"雨が降る日は本を読むのが好き":                "",
		"k7#pQ2!vX9zL":                  "",
		"short":                         "signin.password_short",
		"elevenchars":                   "signin.password_short",
		strings.Repeat("añ", 128):       "signin.password_common",
		strings.Repeat("mkxuelwp", 33):  "signin.password_long",
		"Password2026!":                 "signin.password_common",
		"P@ssw0rd1234":                  "signin.password_common",
		"passwordpassword":              "signin.password_common",
		"aaaaaaaaaaaaaaaa":              "signin.password_common",
		"abababababababab":              "signin.password_common",
		"12345678901234":                "signin.password_common",
		"abcdefghijklmnop":              "signin.password_common",
		"qwertyuiop123":                 "signin.password_common",
		"Northwind-2026":                "signin.password_common",
		"lovelace1815!!":                "signin.password_common",
		"ada@northwind.example":         "signin.password_common",
		"N0rthw1nd-2026":                "signin.password_common",
		"violet\x00otter parade":        "signin.password_characters",
		"violet\u00a0otter\u2003parade": "",
	} {
		_, err := Default().Accept("/password", password, context...)
		if got := fault.CodeOf(err); got != want {
			t.Errorf("%q: %q, want %q", password, got, want)
		}
	}
}

func TestRulesOfAnOrganization(t *testing.T) {
	for name, tc := range map[string]struct {
		rules    Rules
		password string
		want     string
	}{
		"eight are enough":       {Rules{MinLength: 8}, "k7#pQ2!v", ""},
		"seven are not":          {Rules{MinLength: 8}, "k7#pQ2!", "signin.password_short"},
		"and may be too few":     {Rules{MinLength: 20}, "violet otter parade", "signin.password_short"},
		"one class":              {Rules{MinLength: 12, Classes: 2}, "violetotterparade", "signin.password_classes"},
		"a space is a sign":      {Rules{MinLength: 12, Classes: 2}, "violet otter parade", ""},
		"three of three":         {Rules{MinLength: 12, Classes: 3}, "Violet otter parade", ""},
		"three of four":          {Rules{MinLength: 12, Classes: 4}, "Violet otter parade", "signin.password_classes"},
		"all four":               {Rules{MinLength: 12, Classes: 4}, "Violet otter parade 7", ""},
		"letters without a case": {Rules{MinLength: 12, Classes: 2}, "雨が降る日は本を読むのが好き", ""},
		"still easy to guess":    {Rules{MinLength: 8, Classes: 4}, "P@ssw0rd12", "signin.password_common"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tc.rules.Accept("/password", tc.password)
			if got := fault.CodeOf(err); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func TestPasswordsAreTheSameFromEveryKeyboard(t *testing.T) {
	a, _ := Prepare("caf\u00e9 otter\u00a0parade")
	b, _ := Prepare("cafe\u0301 otter parade")
	if a != b {
		t.Errorf("%q and %q", a, b)
	}
	if c, _ := Prepare("Cafe\u0301 otter parade"); c == b {
		t.Error("upper and lower case are told apart no more")
	}
}

func FuzzParsePHC(f *testing.F) {
	f.Add(goodPHC)
	f.Add("$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=4294967295,t=4294967295,p=255$$")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parsePHC(s)
		if err != nil {
			return
		}
		if h.String() != s {
			t.Errorf("%q reads as %q", s, h)
		}
		if uint64(h.Memory)*uint64(h.Time) > maxWork || h.Threads > maxThreads || len(h.key) > 64 || len(h.salt) < 8 {
			t.Errorf("%q is out of bounds", s)
		}
	})
}

func FuzzPrepare(f *testing.F) {
	f.Add("violet otter parade")
	f.Add("caf\u00e9\u00a0")
	f.Fuzz(func(t *testing.T, typed string) {
		once, ok := Prepare(typed)
		if !ok {
			return
		}
		if twice, ok := Prepare(once); len(once) <= maxInput && (!ok || twice != once) {
			t.Errorf("%q becomes %q, then %q", typed, once, twice)
		}
		if got := surprise(once, []string{typed}); got < 0 {
			t.Errorf("surprise of %q is %d", typed, got)
		}
	})
}
