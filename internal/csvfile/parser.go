package csvfile

// parser takes the bytes of one row.
type parser struct {
	row       Row
	delimiter byte
	field     []byte
	size      int
	state     uint8
}

// The places in a row.
const (
	atStart  uint8 = iota // of a field
	inField               // without quotation marks
	inQuoted              // between them
	doubled               // at the second of two that stand for one
	closed                // behind the closing one
)

func (p *parser) inQuotes() bool { return p.state == inQuoted || p.state == doubled }

// take says whether b ends the row. peek tells whether a quotation mark stands for itself.
func (p *parser) take(b byte, peek func() byte) (end bool) {
	switch {
	case p.state == doubled:
		p.state = inQuoted
	case p.state == inQuoted && b != '"':
		p.add(b)
	case p.state == inQuoted && peek() == '"':
		p.state = doubled
		p.add(b)
	case p.state == inQuoted:
		p.state = closed
	case b == '\n' || b == '\r':
		return true
	case b == p.delimiter:
		p.endField()
	case b == '"' && p.state == atStart:
		p.state = inQuoted
	default:
		if p.state == atStart {
			p.state = inField
		}
		p.add(b)
	}
	return false
}

func (p *parser) add(b byte) {
	if p.row.Err != nil {
		return
	}
	p.size++
	if p.size > maxRecord {
		p.row.Err = errRecord
		return
	}
	if len(p.field) >= MaxField {
		p.row.Err = errField
		return
	}
	p.field = append(p.field, b)
}

func (p *parser) endField() {
	p.state = atStart
	if len(p.row.Fields) > MaxColumns { // one more than allowed is enough to know
		return
	}
	p.row.Fields = append(p.row.Fields, string(p.field))
	p.field = p.field[:0]
}

func (p *parser) finish() Row {
	p.endField()
	if p.row.Err != nil {
		p.row.Fields = nil
	}
	return p.row
}
