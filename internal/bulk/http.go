package bulk

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/task"
	"countersign.dev/countersign/internal/technician"
)

// maxOrder has room for the ids of as many technicians and customers as one order may name.
const maxOrder = 256 << 10

// Routes mounts bulk work.
func (s *Service) Routes(api *httpapi.API) {
	httpapi.Handle(api, httpapi.Route{
		ID: "bulk-technicians", Method: "POST", Path: "/api/technicians/bulk", Summary: "Do one thing to many technicians, as a task",
		Needs: perm.AdminTechnicians, MaxBody: maxOrder, Status: http.StatusAccepted, Rights: true,
	}, s.post)
}

type orderBody struct {
	Action      Action                `json:"action" enum:"assign_role,add_to_team,remove_from_team,assign_customers,remove_customers,reset_passwords,require_mfa,revoke_access,suspend,reactivate,notify,delete_invitations,delete"`
	IDs         []string              `json:"ids,omitempty" maxItems:"2000" doc:"technicians; or a filter"`
	Filter      *technician.ListQuery `json:"filter,omitempty" doc:"the filters of the list: all whom they match now"`
	Role        perm.Role             `json:"role,omitempty" enum:"administrator,manager,technician,read_only" doc:"for assign_role"`
	OwnRoleID   string                `json:"platform_role_id,omitempty" maxLength:"36" doc:"for assign_role: one that the organization made and that is based on role; empty: what comes with role"`
	TeamID      string                `json:"team_id,omitempty" maxLength:"36" doc:"for add_to_team and remove_from_team"`
	CustomerIDs []string              `json:"customer_ids,omitempty" maxItems:"1000" doc:"for assign_customers and remove_customers"`
	Reason      string                `json:"reason,omitempty" maxLength:"500" doc:"for suspend; kept in the audit log"`
	Message     *messageBody          `json:"message,omitempty" doc:"for notify"`
}

type messageBody struct {
	Subject string        `json:"subject" minLength:"1" maxLength:"200"`
	Body    string        `json:"body" minLength:"1" maxLength:"5000"`
	Ways    []message.Way `json:"ways,omitempty" maxItems:"2" enum:"email,sms" doc:"beside the console; text messages reach only those who agreed to them"`
}

func (b orderBody) order() Order {
	o := Order{Action: b.Action, IDs: b.IDs, Role: b.Role, OwnRoleID: b.OwnRoleID, TeamID: b.TeamID, CustomerIDs: b.CustomerIDs, Reason: b.Reason}
	if b.Filter != nil {
		q := b.Filter.Query()
		o.Filter = &q
	}
	if b.Message != nil {
		o.Message = Message{b.Message.Subject, b.Message.Body, b.Message.Ways}
	}
	return o
}

// ReadOrder reads an order as the API takes it.
func ReadOrder(raw json.RawMessage) (Order, error) {
	var b orderBody
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	err := d.Decode(&b)
	return b.order(), err
}

// BodyOf is an order as ReadOrder reads it; a filter has to be settled before.
func BodyOf(o Order) any {
	b := orderBody{Action: o.Action, IDs: o.IDs, Role: o.Role, OwnRoleID: o.OwnRoleID, TeamID: o.TeamID, CustomerIDs: o.CustomerIDs, Reason: o.Reason}
	if o.Action == Notify {
		b.Message = &messageBody{o.Message.Subject, o.Message.Body, o.Message.Ways}
	}
	return b
}

func (s *Service) post(ctx context.Context, in *struct{ Body orderBody }) (*httpapi.One[task.Body], error) {
	t, err := s.Start(ctx, in.Body.order())
	return &httpapi.One[task.Body]{ETag: httpapi.ETag(t.Version), Body: task.BodyOf(t)}, err
}
