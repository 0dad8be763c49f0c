package wording

import (
	"embed"
	"encoding/json"
	"fmt"
	"sync"
)

//go:embed texts/*.json
var files embed.FS

// texts are the parts of every text by language and key.
type texts map[string]map[Key]map[string]string

// defaults reads the texts that come with Countersign, once. They are part of the program, so that a fault in them is one of it.
var defaults = sync.OnceValue(func() texts {
	out := texts{}
	for _, l := range Languages() {
		b, err := files.ReadFile("texts/" + l.Code + ".json")
		if err != nil {
			panic(err)
		}
		var of map[Key]map[string]string
		if err := json.Unmarshal(b, &of); err != nil {
			panic(fmt.Errorf("texts/%s.json: %w", l.Code, err))
		}
		out[l.Code] = of
	}
	return out
})

func defaultOf(key Key, language string) map[string]string { return defaults()[language][key] }
