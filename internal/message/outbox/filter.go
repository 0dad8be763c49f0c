package outbox

import (
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
)

// Filter says which deliveries are wanted; what is empty does not narrow.
type Filter struct {
	ID        string
	Owner     message.Ref
	States    []message.State
	Dead      bool // given up and not sent again
	Ways      []message.Way
	ContactID string
	Since     time.Time
	Address   string       // a part of the address
	Scope     access.Scope // the customers whose messages may be seen; those of no customer belong to who reaches all
}

func (f Filter) where() (w store.Where) {
	for _, equal := range [][2]string{{"id", f.ID}, {"owner_type", f.Owner.Type}, {"owner_id", f.Owner.ID}, {"contact_id", f.ContactID}} {
		if equal[1] != "" {
			w.Add(equal[0]+" = ?", equal[1])
		}
	}
	if len(f.States) > 0 {
		w.In("state", texts(f.States))
	}
	if len(f.Ways) > 0 {
		w.In("way", texts(f.Ways))
	}
	if f.Dead {
		w.Add("state in ('failed', 'expired') and resent_as = ''")
		w.Add("reason <> 'canceled'")
	}
	if !f.Since.IsZero() {
		w.Add("created_at >= ?", store.Time(f.Since))
	}
	if f.Address != "" {
		w.Search("address_key", f.Address)
	}
	f.Scope.Where(&w, "customer_id")
	return w
}

func texts[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}
