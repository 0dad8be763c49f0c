package columns

import (
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

var errYesNo = fault.New(fault.Invalid, "csvimport.not_yes_or_no", "Write yes or no.")

// Put sets what a row says, and leaves what it does not.
func Put(field *string, value string) {
	if value != "" {
		*field = value
	}
}

// YesNo reads yes and no as people and spreadsheets write them.
func YesNo(field, value string, into *bool) error {
	switch store.Fold(value) {
	case "":
	case "yes", "y", "true", "1", "x", "oui", "o", "vrai", "ja", "j", "si":
		*into = true
	case "no", "n", "false", "0", "non", "faux", "nein":
		*into = false
	default:
		return errYesNo.At("/" + field)
	}
	return nil
}

// Language reads names of languages besides their codes.
func Language(value string) string {
	names := map[string]string{
		"english": "en", "anglais": "en", "french": "fr", "francais": "fr", "german": "de", "deutsch": "de", "allemand": "de", "spanish": "es", "espanol": "es",
		"espagnol": "es", "italian": "it", "italiano": "it", "italien": "it", "dutch": "nl", "nederlands": "nl", "neerlandais": "nl", "portuguese": "pt", "portugues": "pt", //nolint:misspell // folded
	}
	if code, ok := names[store.Fold(value)]; ok {
		return code
	}
	return value
}

// Distinct are values without repetition, in their order.
func Distinct(values []string) (out []string) {
	seen := make(map[string]bool, len(values))
	for _, v := range values {
		if v != "" && !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}
