package code_test

import (
	"testing"

	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/verify/code"
	"countersign.dev/countersign/internal/verify/verifytest"
)

func TestConform(t *testing.T) {
	for _, m := range []verify.Method{code.SMS(), code.Email(), code.Voice()} {
		t.Run(string(m.Describe().Name), func(t *testing.T) { verifytest.Conform(t, m) })
	}
}
