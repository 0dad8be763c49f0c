package duotest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

func (s *Server) find(form url.Values) *User {
	for _, u := range s.users {
		if u.ID == form.Get("user_id") || form.Get("username") != "" && strings.EqualFold(u.Username, form.Get("username")) {
			return u
		}
	}
	return nil
}

func (s *Server) preauth(w http.ResponseWriter, form url.Values) {
	u := s.find(form)
	if u == nil {
		ok(w, map[string]any{"result": "enroll", "status_msg": "Enroll an authentication device"})
		return
	}
	switch u.Status {
	case "bypass":
		ok(w, map[string]any{"result": "allow", "status_msg": "Allowing unknown user"})
		return
	case "active":
	default:
		ok(w, map[string]any{"result": "deny", "status_msg": "Your account is disabled"})
		return
	}
	devices := []map[string]any{}
	for _, p := range u.Phones {
		devices = append(devices, map[string]any{"device": p.ID, "type": "phone", "name": p.Name, "number": p.Number, "capabilities": capabilities(p)})
	}
	ok(w, map[string]any{"result": "auth", "status_msg": "Account is active", "devices": devices})
}

func capabilities(p Phone) []string {
	if p.Push {
		return []string{"auto", "push", "sms", "phone"}
	}
	return []string{"sms", "phone"}
}

func (s *Server) list(w http.ResponseWriter, form url.Values) {
	found := []map[string]any{}
	for _, u := range s.users {
		byName := strings.EqualFold(u.Username, form.Get("username")) || u.Alias != "" && strings.EqualFold(u.Alias, form.Get("username"))
		if form.Has("username") && byName || form.Has("email") && strings.EqualFold(u.Email, form.Get("email")) || !form.Has("username") && !form.Has("email") {
			found = append(found, map[string]any{
				"user_id": u.ID, "username": u.Username, "email": u.Email, "alias1": u.Alias, "status": u.Status, "is_enrolled": len(u.Phones) > 0,
				"last_login": nil, "phones": phones(u),
			})
		}
	}
	ok(w, found)
}

func phones(u *User) []map[string]any {
	out := []map[string]any{}
	for _, p := range u.Phones {
		out = append(out, map[string]any{"phone_id": p.ID, "number": p.Number, "name": p.Name, "activated": p.Push, "capabilities": capabilities(p)})
	}
	return out
}

func (s *Server) user(w http.ResponseWriter, userID, what string, form url.Values) {
	i := slices.IndexFunc(s.users, func(u *User) bool { return u.ID == userID })
	if i < 0 {
		fail(w, 404, "Resource not found")
		return
	}
	u := s.users[i]
	switch what {
	case "phones":
		ok(w, phones(u))
	case "send_verification_push":
		if !slices.ContainsFunc(u.Phones, func(p Phone) bool { return p.ID == form.Get("phone_id") && p.Push }) {
			fail(w, 400, "Invalid request parameters")
			return
		}
		p := s.push(u.ID, form.Get("phone_id"), form)
		ok(w, map[string]any{"push_id": p.ID, "confirmation_code": p.Code})
	case "verification_push_response":
		for _, p := range s.pushes {
			if p.ID == form.Get("push_id") && p.UserID == userID {
				ok(w, map[string]any{"push_id": p.ID, "result": p.Result})
				return
			}
		}
		fail(w, 404, "Resource not found")
	default:
		fail(w, 404, "Resource not found")
	}
}

func (s *Server) push(userID, phoneID string, form url.Values) *Push {
	n := len(s.pushes) + 1
	p := &Push{ID: fmt.Sprintf("push-%d", n), UserID: userID, PhoneID: phoneID, Form: form, Code: fmt.Sprintf("48%04d", 1000+n*37), Result: "waiting", Status: "pushed"}
	s.pushes = append(s.pushes, p)
	return p
}
