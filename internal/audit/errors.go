package audit

import (
	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/fault"
)

// BadError names the first thing in a log, or in an export of it, that is not as it was written.
type BadError = auditverify.BadError

var errNotCovered = fault.New(fault.NotFound, "audit.not_covered", "There is no such event, or no checkpoint covers it yet.")
