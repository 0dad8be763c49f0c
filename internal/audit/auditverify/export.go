package auditverify

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"
)

// chunkSize is how much of an export is checked at once, and the longest line there may be.
const chunkSize = 1 << 20

// Result is what a good export was found to hold.
type Result struct {
	Organization      string
	Events            int64
	Checkpoints       int
	Erased            int // sections whose personal data was erased
	Root              Hash
	SignaturesChecked bool
}

// BadError names the first thing in an export that is not as it was written.
type BadError struct {
	Line   int64 // counted from 1; 0 if it was not found in an export
	Seq    int64 // the first event that is altered, missing or out of order; 0 if the fault is not about one
	Reason string
}

func (e *BadError) Error() string {
	switch {
	case e.Line > 0 && e.Seq > 0:
		return fmt.Sprintf("event %d (line %d): %s", e.Seq, e.Line, e.Reason)
	case e.Line > 0:
		return fmt.Sprintf("line %d: %s", e.Line, e.Reason)
	case e.Seq > 0:
		return fmt.Sprintf("event %d: %s", e.Seq, e.Reason)
	}
	return e.Reason
}

// VerifyExport reads an export to its end and returns a *BadError for the first thing that is wrong with it. With a key it also checks
// every signature. It needs a few megabytes however long the export is.
func VerifyExport(ctx context.Context, r io.Reader, key Key) (Result, error) {
	var buffers sync.Pool
	workers := max(2, runtime.GOMAXPROCS(0))
	work, ordered := make(chan *chunk), make(chan *chunk, 2*workers)
	group, ctx := errgroup.WithContext(ctx)
	for range workers {
		group.Go(func() error {
			var p parser
			for c := range work {
				c.parse(&p)
				close(c.done)
			}
			return nil
		})
	}
	group.Go(func() error {
		defer close(work)
		defer close(ordered)
		return split(r, &buffers, func(data []byte) error {
			c := &chunk{data: data, done: make(chan struct{})}
			for _, to := range []chan<- *chunk{ordered, work} {
				select {
				case to <- c:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
	})
	v := newExportVerifier(key)
	group.Go(func() error {
		for c := range ordered {
			select {
			case <-c.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			if err := v.add(c); err != nil {
				return err
			}
			buffers.Put(&c.data)
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return Result{}, err
	}
	return v.finish()
}

// exportVerifier puts the lines together in their order.
type exportVerifier struct {
	key     Key
	tree    *Tree
	header  Header
	last    Checkpoint // the last one seen; its zero size has the empty root
	sum     hash.Hash
	line    int64
	expects kind // the least that the next line may be
	result  Result
	ended   bool
}

func newExportVerifier(key Key) *exportVerifier {
	tree, _ := NewTree(0, nil) // cannot fail: an empty tree has no hashes
	empty, _ := tree.Root()
	return &exportVerifier{key: key, tree: tree, last: Checkpoint{Root: empty}, sum: sha256.New()}
}

func (v *exportVerifier) bad(seq int64, format string, args ...any) error {
	return &BadError{Line: v.line, Seq: seq, Reason: fmt.Sprintf(format, args...)}
}

func (v *exportVerifier) add(c *chunk) error {
	hashed := 0
	for i := range c.items {
		it := &c.items[i]
		v.line++
		if it.kind == signatureKind || it.kind == trailerKind {
			v.sum.Write(c.data[hashed:it.start])
			hashed = it.start
		}
		if err := v.item(it); err != nil {
			return err
		}
	}
	v.sum.Write(c.data[hashed:])
	if c.reason != "" {
		v.line++
		return v.bad(c.seq, "%s", c.reason)
	}
	return nil
}

func (v *exportVerifier) item(it *item) error {
	if v.ended {
		return v.bad(0, "there is more behind the end")
	}
	switch {
	case v.line == 1 && it.kind == headerKind:
		v.header = it.header
		v.last.Organization, v.result.Organization = it.header.Organization, it.header.Organization
		return nil
	case v.line == 1 || it.kind == headerKind:
		return v.bad(0, "an export begins with its header, once")
	case v.expects == trailerKind && it.kind != trailerKind:
		return v.bad(0, "only the closing line may follow the signature")
	}
	switch it.kind {
	case eventKind:
		return v.event(it)
	case checkpointKind:
		return v.checkpoint(it)
	case signatureKind:
		return v.signature(it)
	default:
		return v.trailer(it)
	}
}

func (v *exportVerifier) event(it *item) error {
	next := v.tree.Size() + 1
	switch {
	case it.org != v.header.Organization:
		return v.bad(next, "the event belongs to another organization")
	case it.seq != next:
		return v.bad(next, "the event is missing or out of order; event %d stands here", it.seq)
	case next > v.header.Size:
		return v.bad(next, "the header announces only %d events", v.header.Size)
	}
	v.result.Erased += it.erased
	return v.tree.Append(it.leaf, nil)
}

func (v *exportVerifier) checkpoint(it *item) error {
	size := v.tree.Size()
	c, err := v.key.OpenCheckpoint(it.text)
	if err != nil {
		return v.bad(0, "checkpoint after event %d: %v", size, err)
	}
	root, err := v.tree.Root()
	if err != nil {
		return err
	}
	switch {
	case c.Organization != v.header.Organization || c.Size != size || size == v.last.Size:
		return v.bad(0, "a checkpoint of size %d stands after event %d", c.Size, size)
	case c.PreviousSize != v.last.Size || c.Previous != v.last.Root:
		return v.bad(0, "a checkpoint before event %d is missing or was altered", v.last.Size+1)
	case c.Root != root:
		return v.bad(v.last.Size+1, "events %d to %d do not give the root of their checkpoint: one of them was altered, removed or added", v.last.Size+1, size)
	}
	v.last = c
	v.result.Checkpoints++
	return nil
}

func (v *exportVerifier) signature(it *item) error {
	if v.tree.Size() != v.header.Size {
		return v.bad(v.tree.Size()+1, "the event is missing: the header announces %d", v.header.Size)
	}
	if v.last.Size != v.tree.Size() {
		return v.bad(v.last.Size+1, "no checkpoint covers events %d to %d", v.last.Size+1, v.tree.Size())
	}
	text, err := v.key.Open(it.text)
	if err != nil {
		return v.bad(0, "signature of the export: %v", err)
	}
	if text != SignatureText(v.header.Organization, v.header.Size, Hash(v.sum.Sum(nil))) {
		return v.bad(0, "the signature is of another export")
	}
	v.expects = trailerKind
	return nil
}

func (v *exportVerifier) trailer(it *item) error {
	if v.expects != trailerKind {
		return v.bad(0, "the export has no signature")
	}
	if Hash(v.sum.Sum(nil)) != it.leaf {
		return v.bad(0, "some byte of the export was changed")
	}
	v.ended = true
	return nil
}

func (v *exportVerifier) finish() (Result, error) {
	if !v.ended {
		v.line++
		return Result{}, v.bad(0, "the export is cut off")
	}
	root, err := v.tree.Root()
	v.result.Events, v.result.Root, v.result.SignaturesChecked = v.tree.Size(), root, v.key.Checks()
	return v.result, err
}
