package gateway_test

import (
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"countersign.dev/countersign/internal/spectest"
)

// What others build a gateway by is itself a valid OpenAPI document.
func TestTheContractIsValid(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromFile(spectest.File(t, "docs/gateway.openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
}
