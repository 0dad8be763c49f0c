package perm

import (
	"iter"
	"math/bits"
)

// Bits is a set of permissions as one bit each, in the order of the catalogue. It is for memory only: the order changes with the catalogue.
type Bits [2]uint64

// BitsOf are the bits of the permissions that are known; others have none.
func BitsOf(ps ...Permission) (b Bits) {
	for _, p := range ps {
		if i, ok := places[p]; ok {
			b[i>>6] |= 1 << (i & 63)
		}
	}
	return b
}

// BitsWhere are the bits of the entries that fit.
func BitsWhere(fits func(Entry) bool) (b Bits) {
	for _, e := range catalog {
		if fits(e) {
			b = b.Or(BitsOf(e.Name))
		}
	}
	return b
}

// All is every permission.
func All() Bits { return all }

// Sensitive is what takes the approval of a second person as long as an organization says nothing else.
func Sensitive() Bits { return BitsWhere(func(e Entry) bool { return e.Sensitive }) }

// BitAt is the permission that stands at a place of the catalogue, as Place gives it.
func BitAt(place int) (b Bits) {
	b[place>>6] = 1 << (place & 63)
	return b
}

// Place is where in the catalogue p stands.
func Place(p Permission) (place int, ok bool) {
	place, ok = places[p]
	return place, ok
}

// And are the permissions that are in both.
func (b Bits) And(c Bits) Bits { return Bits{b[0] & c[0], b[1] & c[1]} }

// Or are the permissions that are in one of them.
func (b Bits) Or(c Bits) Bits { return Bits{b[0] | c[0], b[1] | c[1]} }

// Without are the permissions of b that c lacks.
func (b Bits) Without(c Bits) Bits { return Bits{b[0] &^ c[0], b[1] &^ c[1]} }

// Any says whether there is a permission in both.
func (b Bits) Any(c Bits) bool { return b[0]&c[0]|b[1]&c[1] != 0 }

// Closed is b with what its permissions imply: whoever may do anything with a device may see it (ACC-3).
func (b Bits) Closed() Bits {
	if b.Any(ofDevices) {
		return b.Or(seeing)
	}
	return b
}

// Spread is b, as what is taken away, with what that takes away too: who may not see a device may do nothing with it.
func (b Bits) Spread() Bits {
	if b.Any(seeing) {
		return b.Or(ofDevices)
	}
	return b
}

var (
	seeing    = BitsOf(DeviceView)
	ofDevices = BitsWhere(func(e Entry) bool { return e.Purpose == Devices })
)

// Places are where in the catalogue the permissions stand, in its order.
func (b Bits) Places() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, word := range b {
			for ; word != 0; word &= word - 1 {
				if !yield(i<<6 + bits.TrailingZeros64(word)) {
					return
				}
			}
		}
	}
}

// Permissions lists the permissions in the order of the catalogue.
func (b Bits) Permissions() []Permission {
	out := []Permission{}
	for place := range b.Places() {
		out = append(out, catalog[place].Name)
	}
	return out
}
