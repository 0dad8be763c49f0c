package authzen

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

// outcome is one answer of a batch: a decision, or why the question is none.
type outcome struct {
	Answer

	refusal *fault.Error
}

// evaluate answers one question.
func evaluate(ctx context.Context, d Decider, body []byte) (outcome, error) {
	o, err := objectOf(body, "")
	if err != nil {
		return outcome{}, err
	}
	return single(ctx, d, o)
}

func single(ctx context.Context, d Decider, o object) (outcome, error) {
	q, err := o.question(nothing)
	if err != nil {
		return outcome{}, err
	}
	a, err := d.Evaluate(ctx, q)
	return outcome{Answer: a}, err
}

// evaluateAll answers a batch, each question by itself: one that is not acceptable, or not the caller's to ask, is a no of its own. A request
// without a batch is a single question.
func evaluateAll(ctx context.Context, d Decider, body []byte) (out []outcome, batch bool, err error) {
	o, err := objectOf(body, "")
	if err != nil {
		return nil, false, err
	}
	ends, err := o.semantic()
	if err != nil {
		return nil, false, err
	}
	items, err := o.batch()
	if err != nil {
		return nil, false, err
	}
	if len(items) == 0 {
		one, err := single(ctx, d, o)
		return []outcome{one}, false, err
	}
	for _, item := range items {
		found, err := single(ctx, d, item)
		if refusal, ok := errors.AsType[*fault.Error](err); ok && (refusal.Kind == fault.Invalid || refusal.Kind == fault.Denied) {
			found = outcome{Answer{Outcome: engine.Deny}, refusal}
		} else if err != nil {
			return nil, false, err
		}
		out = append(out, found)
		if allowed := found.Outcome == engine.Allow; ends == firstDeny && !allowed || ends == firstPermit && allowed {
			break
		}
	}
	return out, true, nil
}

// found is the answer of a search.
type found struct {
	kind string // of each result; "" for actions
	ids  []string
	next string // the token of the next part; "" at the end
}

// search answers a search, part by part.
func search(ctx context.Context, d Decider, what searched, body []byte) (out found, err error) {
	o, err := objectOf(body, "")
	if err != nil {
		return out, err
	}
	q, err := o.question(what)
	if err != nil {
		return out, err
	}
	mark := markOf(ctx, what, q)
	part, err := o.part(mark)
	if err != nil {
		return out, err
	}
	more := false
	switch what {
	case subjects:
		out.kind = q.Subject.Type
		out.ids, more, err = d.Subjects(ctx, q, part)
	case resources:
		out.kind = q.Resource.Type
		out.ids, more, err = d.Resources(ctx, q, part)
	default:
		out.ids, more, err = d.Actions(ctx, q, part)
	}
	if err != nil || !more {
		return out, err
	}
	last := part.After
	if n := len(out.ids); n > 0 {
		last = out.ids[n-1]
	}
	out.next = store.Cursor(mark, strconv.Itoa(part.Limit), last)
	return out, nil
}

// markOf ties a token to the search that it was made for. It keeps nobody from making one: a token says where to go on, and opens nothing.
func markOf(ctx context.Context, what searched, q Question) string {
	parts := []string{
		strconv.Itoa(int(what)), access.ActorFrom(ctx).OrgID, q.Subject.Type, q.Subject.ID, string(q.Subject.Properties),
		q.Action.Name, string(q.Action.Properties), q.Resource.Type, q.Resource.ID, string(q.Resource.Properties),
	}
	text, _ := json.Marshal(parts) // strings always marshal
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// part reads which part of the list is wanted. A limit above ours is cut down to ours, which next_token shows.
func (o object) part(mark string) (p Part, err error) {
	p.Limit = maxPage
	page, err := o.inner("page", "")
	if err != nil {
		return p, err
	}
	raw, limited := page["limit"]
	if limited {
		if err := json.Unmarshal(raw, &p.Limit); err != nil || p.Limit < 0 || string(raw) == "null" {
			return p, wrong("/page/limit", "Must be a whole number that is not negative.")
		}
		p.Limit = min(p.Limit, maxPage)
	}
	if page["token"] == nil || string(page["token"]) == `""` {
		return p, nil
	}
	token, err := page.text("token", "/page", maxToken)
	if err != nil {
		return p, err
	}
	parts, err := store.ParseCursor(token, 3)
	if err != nil || parts[0] != mark {
		return p, errToken
	}
	limit, err := strconv.Atoi(parts[1])
	if err != nil || limit < 0 || limit > maxPage || limited && limit != p.Limit {
		return p, errToken
	}
	return Part{limit, parts[2]}, nil
}

const maxToken = 2_000
