package technician_test

import (
	"testing"

	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// M8: a technician's own mailbox proves nothing about a contact, however its address is written.
func TestM8OwnAddressesInEverySpelling(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for address, want := range map[string]bool{
			"ana@example.com": true, "ANA@Example.com": true, "ana+pia@example.com": true, "Ana+@example.com": true,
			"+12125550101": true, "+12125550102": false, "": false,
			"anna@example.com": false, "ana@example.org": false, "an_@example.com": false, "a%@example.com": false, "x+ana@example.com": false, "+ana@example.com": false,
		} {
			got, err := technician.OwnsAddress(t.Context(), w.DB.Read(), w.owner.OrgID, address)
			if err != nil || got != want {
				t.Errorf("%q: %v, %v", address, got, err)
			}
		}
		own := w.add("bo", "technician")
		err := w.DB.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.ExecContext(t.Context(), `update technician set email = $1, email_key = $1 where id = $2`, "b_o+desk@example.com", own.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for address, want := range map[string]bool{"b_o@example.com": true, "b_o+x@example.com": true, "b_o+desk@example.com": true, "bxo@example.com": false, "bxo+desk@example.com": false} {
			got, err := technician.OwnsAddress(t.Context(), w.DB.Read(), own.OrgID, address)
			if err != nil || got != want {
				t.Errorf("%q: %v, %v", address, got, err)
			}
		}
	})
}

// TestAttack44OwnFurtherNumbers verifies a contact by a number that stands in a technician's profile beside the first one.
func TestAttack44OwnFurtherNumbers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		own := w.add("bo", "technician")
		_, err := w.Update(w.ownerCtx(), own.ID, func(t technician.Technician) (technician.Fields, error) {
			f := t.Fields
			f.OtherPhones = []technician.Phone{{Number: "+12125550177", Kind: "mobile"}, {Number: "+12125550178", Kind: "landline"}}
			return f, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for address, want := range map[string]bool{
			"+12125550177": true, "+12125550178": true, "+12125550179": false, "+1212555017": false, "mobile": false, "%": false, "": false,
		} {
			if got, err := technician.OwnsAddress(t.Context(), w.DB.Read(), own.OrgID, address); err != nil || got != want {
				t.Errorf("%q: %v, %v", address, got, err)
			}
		}
	})
}
