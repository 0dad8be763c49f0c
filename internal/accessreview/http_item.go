package accessreview

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/store"
)

type subjectBody struct {
	Type grant.SubjectType `json:"type" enum:"technician,team"`
	ID   string            `json:"id"`
	Name string            `json:"name"`
}

type roleBody struct {
	ID      string       `json:"id" doc:"of an override the permission, of a platform role owner, one that comes with Countersign, or the id of one of the organization’s own"`
	Name    string       `json:"name" doc:"empty for what comes with Countersign"`
	Purpose perm.Purpose `json:"purpose" enum:"devices,invitations,administration,customers"`
}

type scopeBody struct {
	Type string `json:"type" enum:"device,device_group,customer,all_devices,all_customers,section,organization"`
	ID   string `json:"id,omitempty" doc:"of the device, group or customer; of a section quick_support"`
	Name string `json:"name,omitempty"`
}

func scopeOf(s grant.Scope) scopeBody {
	if s.Type == engine.QuickSupport {
		return scopeBody{Type: "section", ID: string(engine.QuickSupport)}
	}
	return scopeBody{string(s.Type), s.ID, s.Name}
}

// ItemBody is one grant in a review on the wire.
type ItemBody struct {
	Kind       Kind        `json:"kind" enum:"role,override,platform_role" doc:"the grant of a role, an override that allows one permission, or the platform role of a person"`
	GrantID    string      `json:"grant_id" doc:"of an override its id, of a platform role the technician’s"`
	Subject    subjectBody `json:"subject" doc:"who has it; a team’s grant is reviewed once, for all its people"`
	Role       roleBody    `json:"role"`
	Scope      scopeBody   `json:"scope"`
	GrantedAt  time.Time   `json:"granted_at"`
	GrantedBy  *PersonBody `json:"granted_by"`
	NotBefore  *time.Time  `json:"not_before"`
	ExpiresAt  *time.Time  `json:"expires_at"`
	UseKnown   bool        `json:"use_known" doc:"whether uses had been recorded for long enough when the review began: since before the grant, or for 90 days"`
	UsedAt     *time.Time  `json:"used_at" doc:"when anything in the role was last used, as known when the review began; null: never, if uses were recorded"`
	Change     Change      `json:"change" enum:"same,changed,gone" doc:"what became of the grant since the review began; changed: its role was changed, it is another platform role, or where it counts went to another customer"`
	Answer     Result      `json:"answer" enum:",confirmed,revoked,flagged,kept,gone" doc:"empty: open; flagged: a platform role that is to be changed; kept and gone only at the end"`
	Automatic  bool        `json:"automatic" doc:"answered by the end of the review"`
	Reason     string      `json:"reason" doc:"the code of why the end could not take it away"`
	Comment    string      `json:"comment"`
	AnsweredBy *PersonBody `json:"answered_by"`
	AnsweredAt *time.Time  `json:"answered_at"`
	Own        bool        `json:"own" doc:"the reader has it themselves, and so does not review it"`
	MayAnswer  bool        `json:"may_answer" doc:"the reader may answer it while the review runs"`
	Nobody     bool        `json:"nobody" doc:"there is nobody who may answer it"`
	Seen       string      `json:"seen" doc:"names all of the above; an answer repeats it, so that nobody answers what they have not seen"`
}

func itemOf(i Item) ItemBody {
	return ItemBody{
		Kind: i.Kind, GrantID: i.GrantID, Subject: subjectBody{i.Subject.Type, i.Subject.ID, i.Subject.Name}, Role: roleBody{i.Role.ID, i.Role.Name, i.Purpose}, Scope: scopeOf(i.Scope),
		GrantedAt: i.GrantedAt, GrantedBy: personOf(i.GrantedBy), NotBefore: httpapi.Optional(i.NotBefore), ExpiresAt: httpapi.Optional(i.ExpiresAt), UseKnown: i.UseKnown,
		UsedAt: httpapi.Optional(i.UsedAt), Change: i.Change, Answer: i.Answer, Automatic: i.Automatic, Reason: i.Reason, Comment: i.Comment,
		AnsweredBy: personOf(i.AnsweredBy), AnsweredAt: httpapi.Optional(i.AnsweredAt), Own: i.Own, MayAnswer: i.MayAnswer, Nobody: i.Nobody, Seen: i.Seen(),
	}
}

func (s *Service) getItems(ctx context.Context, in *struct {
	ID string `path:"id"`
	httpapi.Paging
	Mine      bool   `query:"mine" doc:"only what is the reader’s to answer"`
	Answer    string `query:"answer" enum:"open,nobody,confirmed,revoked,flagged,kept,gone" doc:"nobody: open, and there is nobody who may answer"`
	SubjectID string `query:"subject_id" maxLength:"36" doc:"of this technician or team"`
	Text      string `query:"q" maxLength:"200" doc:"words in the name of who has it"`
},
) (*httpapi.Page[ItemBody], error) {
	found, next, err := s.Items(ctx, in.ID, ItemQuery{
		Mine: in.Mine, Answer: AnswerFilter(in.Answer), SubjectID: in.SubjectID, Text: in.Text, Page: store.Page{Limit: in.Limit, Cursor: in.Cursor},
	})
	return httpapi.NewPage(httpapi.Each(found, itemOf), next), err
}

type answerBody struct {
	GrantID string `json:"grant_id" maxLength:"36"`
	Answer  Verb   `json:"answer" enum:"confirm,revoke,flag,undo" doc:"revoke takes it away at once; flag says that a platform role is to be changed, and changes nothing; undo takes a confirmation or a flag back"`
	Seen    string `json:"seen" maxLength:"64" doc:"of the item as it was shown"`
	Comment string `json:"comment,omitempty" maxLength:"500"`
}

type givenBody struct {
	GrantID string    `json:"grant_id"`
	Error   string    `json:"error" doc:"the code of why it was refused; empty if it was taken"`
	Item    *ItemBody `json:"item" doc:"as it is then; null if it was refused"`
}

type givenList struct {
	Results []givenBody `json:"results" doc:"in the order of the answers"`
}

func (s *Service) postAnswers(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Answers []answerBody `json:"answers" minItems:"1" maxItems:"200"`
	}
},
) (*struct{ Body givenList }, error) {
	given, err := s.Answer(ctx, in.ID, httpapi.Each(in.Body.Answers, func(b answerBody) Answer {
		return Answer{GrantID: b.GrantID, Verb: b.Answer, Seen: b.Seen, Comment: b.Comment}
	}))
	if err != nil {
		return nil, err
	}
	out := givenList{}
	for i, g := range given {
		b := givenBody{GrantID: in.Body.Answers[i].GrantID, Error: fault.CodeOf(g.Err)}
		if g.Err == nil {
			item := itemOf(g.Item)
			b.Item = &item
		}
		out.Results = append(out.Results, b)
	}
	return &struct{ Body givenList }{out}, nil
}
