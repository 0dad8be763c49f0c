package auditverify

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
)

// split calls fn with pieces of whole lines, and at last with what has no end of line. The pieces grow, so that a short export costs little.
func split(r io.Reader, buffers *sync.Pool, fn func([]byte) error) error {
	var rest []byte
	for size := chunkSize / 16; ; size = min(2*size, chunkSize) {
		buffer := take(buffers, size)
		n := copy(buffer, rest)
		read, err := io.ReadFull(r, buffer[n:])
		buffer = buffer[:n+read]
		ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !ended {
			return fmt.Errorf("read the export: %w", err)
		}
		end := bytes.LastIndexByte(buffer, '\n') + 1
		if ended || (end == 0 && size == chunkSize) {
			end, ended = len(buffer), true
		}
		if end > 0 {
			if err := fn(buffer[:end]); err != nil {
				return err
			}
		}
		if ended {
			return nil
		}
		rest = bytes.Clone(buffer[end:]) // the buffer will be used again
	}
}

// take returns a buffer of that size, a used one if there is one.
func take(buffers *sync.Pool, size int) []byte {
	if used, ok := buffers.Get().(*[]byte); ok && cap(*used) >= size {
		return (*used)[:size]
	}
	return make([]byte, size)
}

// chunk is a piece of whole lines on its way through the workers.
type chunk struct {
	data   []byte
	items  []item
	reason string // what is wrong with the line after the last item
	seq    int64  // of that line, if it is an event
	done   chan struct{}
}

func (c *chunk) parse(p *parser) {
	text := string(c.data)
	c.items = make([]item, 0, len(text)/512+1)
	for start := 0; start < len(text); {
		length := bytes.IndexByte(c.data[start:], '\n')
		if length < 0 {
			c.reason = "the line has no end"
			return
		}
		it, reason := p.line(text[start : start+length])
		if reason != "" {
			c.reason, c.seq = reason, it.seq
			return
		}
		it.start = start
		c.items = append(c.items, it)
		start += length + 1
	}
}
