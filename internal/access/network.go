package access

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
)

// Networks reads a stored list of networks.
func Networks(text string) (out []netip.Prefix, err error) {
	if text == "" || text == "[]" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		return nil, fmt.Errorf("read networks: %w", err)
	}
	return out, nil
}

// Within says whether an address is in one of the networks; an empty list holds every address, and an unknown address is in none.
func Within(address string, networks []netip.Prefix) bool {
	if len(networks) == 0 {
		return true
	}
	a, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(a) })
}
