package verifypolicy

import (
	"slices"
	"strings"

	"countersign.dev/countersign/internal/input"
)

// check refuses what cannot be followed, and says in which field.
func (p *Policy) check(methods []string) error {
	var f input.Form
	if p.Methods != nil && len(p.Methods) == 0 {
		f.Refuse("/methods", "Allow at least one method, or leave this out to allow all.")
	}
	for i, m := range p.Methods {
		if !slices.Contains(methods, m) {
			f.Refuse("/methods", "There is no method of this name. Choose from: "+strings.Join(methods, ", ")+".")
		} else if slices.Index(p.Methods, m) != i {
			f.Refuse("/methods", "Name each method once.")
		}
	}
	for a, l := range p.Levels {
		if !a.Known() {
			f.Refuse("/levels", "There is no such action. Choose from: "+names()+".")
		} else if levelOf(l) < 0 {
			f.Refuse("/levels/"+string(a), "A level is L0, L1, L2, L3 or L4.")
		}
	}
	between(&f, "/hold_hours", p.HoldHours, 0, maxHold, "Hold a changed address for 0 to 720 hours; 72 are usual.")
	between(&f, "/shield_minutes", p.ShieldMinutes, 1, 24*60, "A shield stays green for 1 minute to 24 hours (1440).")
	if b := p.Banner; b != nil {
		b.Text = f.Required("/banner/text", b.Text, maxBanner)
		if !slices.Contains([]string{"blue", "yellow", "red", "grey"}, b.Color) {
			f.Refuse("/banner/color", "Choose blue, yellow, red or grey.")
		}
	}
	return f.Err()
}

func between(f *input.Form, pointer string, v *int, low, high int, sentence string) {
	if v != nil && (*v < low || *v > high) {
		f.Refuse(pointer, sentence)
	}
}

func names() string {
	var out []string
	for _, a := range Actions() {
		out = append(out, string(a))
	}
	return strings.Join(out, ", ")
}
