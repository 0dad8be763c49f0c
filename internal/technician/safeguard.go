package technician

import (
	"fmt"
	"net/netip"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/input"
)

const (
	maxNetworks     = 50
	maxIdleMinutes  = 24 * 60
	maxSessionHours = 7 * 24
)

// checkSafeguards checks what sign-in demands of one technician beyond what it demands of all.
func (f Fields) checkSafeguards(form *input.Form) Fields {
	if len(f.AllowedNetworks) > maxNetworks {
		form.Refuse("/allowed_networks", fmt.Sprintf("A technician may have %d networks.", maxNetworks))
		return f
	}
	networks := make([]string, 0, len(f.AllowedNetworks))
	for i, text := range f.AllowedNetworks {
		network, err := parseNetwork(text)
		switch {
		case err != nil:
			form.Refuse(fmt.Sprintf("/allowed_networks/%d", i), "Write a network as 203.0.113.0/24 or 2001:db8::/32, or one address.")
		case slices.Contains(networks, network):
			form.Refuse(fmt.Sprintf("/allowed_networks/%d", i), "This network is in the list twice.")
		}
		networks = append(networks, network)
	}
	f.AllowedNetworks = networks
	if f.IdleMinutes < 0 || f.IdleMinutes > maxIdleMinutes {
		form.Refuse("/idle_minutes", fmt.Sprintf("Choose 1 to %d minutes, or 0 for what the organization says.", maxIdleMinutes))
	}
	if f.SessionHours < 0 || f.SessionHours > maxSessionHours {
		form.Refuse("/session_hours", fmt.Sprintf("Choose 1 to %d hours, or 0 for what the organization says.", maxSessionHours))
	}
	return f
}

// keeps refuses what would shut out the one who enters it about themselves: nobody else could let an owner in again.
func (f Fields) keeps(actor access.Actor, before Fields) error {
	if f.UIClosed && !before.UIClosed {
		return errShutOut.At("/ui_access")
	}
	if slices.Equal(f.AllowedNetworks, before.AllowedNetworks) {
		return nil
	}
	networks := make([]netip.Prefix, 0, len(f.AllowedNetworks))
	for _, text := range f.AllowedNetworks {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return fmt.Errorf("read a network that was checked: %w", err)
		}
		networks = append(networks, p)
	}
	if !access.Within(actor.Address, networks) {
		return errShutOut.At("/allowed_networks")
	}
	return nil
}

// parseNetwork reads a network, or an address as a network of one, and returns the one way to write it.
func parseNetwork(text string) (string, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		address, err := netip.ParseAddr(text)
		if err != nil || address.Zone() != "" {
			return "", fmt.Errorf("no network: %q", text)
		}
		address = address.Unmap()
		return netip.PrefixFrom(address, address.BitLen()).String(), nil
	}
	if a := prefix.Addr(); a.Is4In6() {
		if prefix.Bits() < 96 {
			return "", fmt.Errorf("no network: %q", text)
		}
		prefix = netip.PrefixFrom(a.Unmap(), prefix.Bits()-96)
	}
	return prefix.Masked().String(), nil
}

func (f Fields) sameSafeguards(o Fields) bool {
	return f.UIClosed == o.UIClosed && f.MFARequired == o.MFARequired && slices.Equal(f.AllowedNetworks, o.AllowedNetworks) &&
		f.IdleMinutes == o.IdleMinutes && f.SessionHours == o.SessionHours
}
