package notification

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes registers what everybody sees of their own notifications.
func (s *Service) Routes(api *httpapi.API) {
	httpapi.Handle(api, httpapi.Route{ID: "list-notifications", Method: "GET", Path: "/api/notifications", Summary: "List one's own notifications, the newest first", Needs: perm.SignedIn, Passive: true}, s.getList)
	httpapi.Handle(api, httpapi.Route{ID: "read-notifications", Method: "POST", Path: "/api/notifications/read", Summary: "Mark one's own notifications as read", Needs: perm.SignedIn, Status: 204}, s.postRead)
	httpapi.Handle(api, httpapi.Route{ID: "get-notification-preferences", Method: "GET", Path: "/api/me/notification-preferences", Summary: "Say how one is told of what", Needs: perm.SignedIn}, s.getPreferences)
	httpapi.Handle(api, httpapi.Route{ID: "set-notification-preferences", Method: "PUT", Path: "/api/me/notification-preferences", Summary: "Choose how one is told of what", Needs: perm.SignedIn}, s.putPreferences)
}

type notificationItem struct {
	ID        string            `json:"id"`
	Kind      Kind              `json:"kind"`
	Data      map[string]string `json:"data" doc:"ids, names and figures that the sentence is made of"`
	Link      string            `json:"link" doc:"the console's page about it; empty if there is none"`
	CreatedAt time.Time         `json:"created_at"`
	ReadAt    *time.Time        `json:"read_at"`
}

func (s *Service) getList(ctx context.Context, in *struct {
	httpapi.Paging
	Unread bool `query:"unread" doc:"only what was not read yet"`
},
) (*httpapi.Page[notificationItem], error) {
	found, next, err := s.List(ctx, Query{Unread: in.Unread, Page: in.Page()})
	if err != nil {
		return nil, err
	}
	items := make([]notificationItem, len(found))
	for i, n := range found {
		items[i] = notificationItem{ID: n.ID, Kind: n.Kind, Data: n.Data, Link: n.Link(), CreatedAt: n.CreatedAt}
		if n.Data == nil {
			items[i].Data = map[string]string{}
		}
		if !n.ReadAt.IsZero() {
			items[i].ReadAt = &n.ReadAt
		}
	}
	return httpapi.NewPage(items, next), nil
}

func (s *Service) postRead(ctx context.Context, in *struct {
	Body *struct {
		IDs []string `json:"ids,omitempty" maxItems:"200" doc:"all if absent"`
	}
},
) (*struct{}, error) {
	if in.Body == nil {
		return nil, s.Read(ctx, nil)
	}
	return nil, s.Read(ctx, in.Body.IDs)
}

type quietBody struct {
	From string `json:"from" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" example:"22:00"`
	To   string `json:"to" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" example:"07:00"`
}

type wantedBody struct {
	Events     map[Kind]Channels `json:"events" doc:"by kind; what is left out goes back to its default; mail about the security of the account cannot be switched off"`
	QuietHours *quietBody        `json:"quiet_hours,omitempty" doc:"in the person's time zone; what comes meanwhile is sent when they end; none if absent"`
}

type preferencesBody struct {
	Events         map[Kind]Channels `json:"events" doc:"by kind: every one that may reach the person"`
	QuietHours     *quietBody        `json:"quiet_hours" doc:"null: none"`
	SMSUnavailable string            `json:"sms_unavailable" enum:",no_phone,no_consent" doc:"why text messages do not reach the person"`
}

func answer(own Own, err error) (*httpapi.One[preferencesBody], error) {
	if err != nil {
		return nil, err
	}
	out := preferencesBody{Events: own.Events, SMSUnavailable: own.Unavailable}
	if own.Quiet != (Quiet{}) {
		out.QuietHours = &quietBody{own.Quiet.From, own.Quiet.To}
	}
	return &httpapi.One[preferencesBody]{Body: out}, nil
}

func (s *Service) getPreferences(ctx context.Context, _ *struct{}) (*httpapi.One[preferencesBody], error) {
	return answer(s.Own(ctx))
}

func (s *Service) putPreferences(ctx context.Context, in *struct{ Body wantedBody }) (*httpapi.One[preferencesBody], error) {
	want := Preferences{Events: in.Body.Events}
	if q := in.Body.QuietHours; q != nil {
		want.Quiet = Quiet{q.From, q.To}
		if want.Quiet == (Quiet{}) {
			return nil, errQuiet.At("/quiet_hours")
		}
	}
	return answer(s.Prefer(ctx, want))
}
