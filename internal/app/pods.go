package app

import (
	"net/http"
	"strings"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/id"
)

const podPage = "pod.html"

// podRoutes mounts the page that ticket systems frame, and the page of the window in which people sign in for it. The first is the one page of
// the server that may be framed, and by nobody but the pod's own origins; the second is the one that keeps its opener, to hand the session back.
func (a *App) podRoutes(c *console) {
	page := httpapi.Route{Method: "GET", Needs: perm.Public, Hidden: true}
	page.ID, page.Path, page.Summary = "pod", "/pod/{pod}", "A pod, framed in a ticket system"
	a.api.Raw(page, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origins, ok := a.ancestors(w, r)
		if !ok {
			return
		}
		ancestors := "'none'"
		if len(origins) > 0 {
			ancestors = strings.Join(origins, " ")
			w.Header().Del("X-Frame-Options") // it knows no list; browsers that read it without the policy are long gone
		}
		c.servePage(w, r, podPage, ancestors)
	}))
	page.ID, page.Path, page.Summary = "pod-sign-in", "/pod/{pod}/sign-in", "Signing in for a pod"
	a.api.Raw(page, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := a.ancestors(w, r); !ok {
			return
		}
		w.Header().Set("Cross-Origin-Opener-Policy", "unsafe-none")
		c.servePage(w, r, podPage, "'none'")
	}))
}

// ancestors are the origins that may frame the pod of a request. It answers itself where there is no such pod.
func (a *App) ancestors(w http.ResponseWriter, r *http.Request) (origins []string, ok bool) {
	key := r.PathValue("pod")
	if !id.Valid(key) {
		a.api.Refuse(w, r, errNoPage)
		return nil, false
	}
	origins, ok, err := a.pods.Ancestors(r.Context(), key)
	if err == nil && !ok {
		err = errNoPage
	}
	if err != nil {
		a.api.Refuse(w, r, err)
		return nil, false
	}
	return origins, true
}
