package duo_test

import (
	"encoding/json"
	"net/url"
	"os"
	"testing"

	"countersign.dev/countersign/internal/verify/duo"
	"countersign.dev/countersign/internal/verify/duo/duotest"
)

// values reads parameters that are a text or a list of texts.
func values(t *testing.T, in map[string]json.RawMessage) url.Values {
	t.Helper()
	out := url.Values{}
	for name, raw := range in {
		var one string
		var many []string
		if json.Unmarshal(raw, &one) == nil {
			many = []string{one}
		} else if err := json.Unmarshal(raw, &many); err != nil {
			t.Fatal(err)
		}
		out[name] = many
	}
	return out
}

func TestTheSignatureIsDuos(t *testing.T) {
	b, err := os.ReadFile(duotest.Vendor(t, "signing-vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Keys            struct{ Ikey, Skey string }
		CanonicalParams []struct {
			Params map[string]json.RawMessage
			Canon  string
		}
		Sign struct {
			Date, Method, Host, Path, Canonical, Authorization string
			Params                                             map[string]json.RawMessage
		} `json:"signV2_sha512"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.CanonicalParams) < 4 || v.Sign.Authorization == "" {
		t.Fatal("the vectors are not there")
	}
	for _, x := range v.CanonicalParams {
		if got := duo.Params(values(t, x.Params)); got != x.Canon {
			t.Errorf("got %s, want %s", got, x.Canon)
		}
	}
	canonical := duo.Canonical(v.Sign.Date, v.Sign.Method, v.Sign.Host, v.Sign.Path, duo.Params(values(t, v.Sign.Params)))
	if canonical != v.Sign.Canonical {
		t.Errorf("got %q, want %q", canonical, v.Sign.Canonical)
	}
	if got := duo.Authorization(v.Keys.Ikey, v.Keys.Skey, canonical); got != v.Sign.Authorization {
		t.Errorf("got %s, want %s", got, v.Sign.Authorization)
	}
}
