package engine

// ID is a public id in sixteen bytes: those of a UUID, or a name of at most fifteen characters, for organizations that people write down by hand.
type ID [16]byte

// named marks a name, in the byte where a UUID has its variant: 110 is a variant that nothing of ours has (RFC 9562, 4.1). The rest of the byte
// is the name's length, the other bytes are its characters.
const (
	named   = 0b110_00000
	marks   = 0b111_00000
	variant = 8
	longest = 15
)

// parse reads an id in its canonical form: a UUID of 36 characters, letters small, or a name. No other spelling means the same.
func parse(id string) (k ID, ok bool) {
	if len(id) <= longest {
		return name(id)
	}
	if len(id) != 36 || id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-' {
		return ID{}, false
	}
	var wrong byte
	for i, at := range digits {
		high, low := values[id[at]], values[id[at+1]]
		wrong |= high | low
		k[i] = high<<4 | low&15
	}
	return k, wrong < 16 && k[variant]&marks != named
}

func name(id string) (k ID, ok bool) {
	if id == "" {
		return ID{}, false
	}
	k[variant] = named | byte(len(id))
	at := 0
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return ID{}, false
		}
		if at == variant {
			at++
		}
		k[at] = id[i]
		at++
	}
	return k, true
}

// String is the id as it is outside.
func (k ID) String() string {
	if k[variant]&marks == named {
		return string(append(append([]byte{}, k[:variant]...), k[variant+1:]...)[:k[variant]&^marks])
	}
	const hex = "0123456789abcdef"
	out := [36]byte{8: '-', 13: '-', 18: '-', 23: '-'}
	for i, at := range digits {
		out[at], out[at+1] = hex[k[i]>>4], hex[k[i]&15]
	}
	return string(out[:])
}

// digits are the places of a UUID's bytes in its text.
var digits = [16]uint8{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34}

// values are what hexadecimal digits stand for; 16 and above for what is none.
var values = func() (v [256]byte) {
	for i := range v {
		v[i] = 255
	}
	for i := range byte(10) {
		v['0'+i] = i
	}
	for i := range byte(6) {
		v['a'+i] = 10 + i
	}
	return v
}()
