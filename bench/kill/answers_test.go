package kill_test

import (
	"encoding/json"
	"net/http"
	"net/url"
)

func (w *world) decode(b []byte, out any) bool {
	if err := json.Unmarshal(b, out); err != nil {
		w.t.Errorf("an accepted answer: %v", err)
		return false
	}
	return true
}

// pages calls fn with every item of a list.
func (w *world) pages(path string, fn func(item map[string]any)) {
	w.t.Helper()
	query := url.Values{"limit": {"200"}}
	for {
		var page struct {
			Items      []map[string]any `json:"items"`
			NextCursor string           `json:"next_cursor"`
		}
		w.client.Must(w.t, http.StatusOK, "GET", path+"?"+query.Encode(), nil, &page)
		for _, item := range page.Items {
			fn(item)
		}
		if page.NextCursor == "" {
			return
		}
		query.Set("cursor", page.NextCursor)
	}
}

func text(item map[string]any, field string) string {
	s, _ := item[field].(string)
	return s
}
