package link_test

import (
	"log/slog"
	"testing"

	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/verify/link"
	"countersign.dev/countersign/internal/verify/verifytest"
)

func TestConform(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	for _, m := range []verify.Method{link.SMS(nil, log), link.Email(nil, log)} {
		t.Run(string(m.Describe().Name), func(t *testing.T) { verifytest.Conform(t, m) })
	}
}
