package csvfile

import (
	"path"
	"strings"
	"unicode/utf8"
)

// maxName is how many characters of a file's name are kept.
const maxName = 200

// Name is what a person calls an uploaded file: without folders and control characters, of at most 200 characters.
func Name(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, name)
	if name == "." || name == "/" || name == "" {
		return "import.csv"
	}
	return Clip(name, maxName)
}

// Clip is the beginning of a text of more characters than limit, and says so.
func Clip(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit]) + "…"
}
