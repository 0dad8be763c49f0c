package twilio

import (
	"encoding/xml"
	"strings"
)

// The verbs of TwiML that we use. encoding/xml escapes every text.
type (
	response struct {
		XMLName xml.Name `xml:"Response"`
		Verbs   []any
	}
	say struct {
		XMLName  xml.Name `xml:"Say"`
		Language string   `xml:"language,attr,omitempty"`
		Text     string   `xml:",chardata"`
	}
	pause struct {
		XMLName xml.Name `xml:"Pause"`
		Length  int      `xml:"length,attr"`
	}
	gather struct {
		XMLName   xml.Name `xml:"Gather"`
		Input     string   `xml:"input,attr"`
		NumDigits int      `xml:"numDigits,attr"`
		Timeout   int      `xml:"timeout,attr"`
		Method    string   `xml:"method,attr"`
		Action    string   `xml:"action,attr"`
		Verbs     []any
	}
	hangup struct {
		XMLName xml.Name `xml:"Hangup"`
	}
)

// twiml is a document of verbs.
func twiml(verbs ...any) []byte {
	b, err := xml.Marshal(response{Verbs: verbs})
	if err != nil { // these types always can be written
		return []byte("<Response><Hangup/></Response>")
	}
	return append([]byte(xml.Header), b...)
}

// spoken writes every run of four or more digits so that a voice reads them one by one.
func spoken(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		n := 0
		for n < len(text) && text[n] >= '0' && text[n] <= '9' {
			n++
		}
		if n == 0 {
			next := strings.IndexAny(text, "0123456789")
			if next < 0 {
				next = len(text)
			}
			b.WriteString(text[:next])
			text = text[next:]
			continue
		}
		if run := text[:n]; n < 4 {
			b.WriteString(run)
		} else {
			b.WriteString(strings.Join(strings.Split(run, ""), ", "))
		}
		text = text[n:]
	}
	return b.String()
}

// phrases are what a call says beside the message itself.
type phrases struct {
	voice                           string // the language as Twilio names it
	press, again, bye, silent, call string
}

// phrasesIn returns the phrases of a language; press and call begin with the organization's name.
func phrasesIn(language string) phrases {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	if p, ok := spokenPhrases[base]; ok {
		return p
	}
	return spokenPhrases["en"]
}

var spokenPhrases = map[string]phrases{
	"en": {
		"en-US", "This is %s. A code was requested for you. If you asked for it, press 1 to hear it. If you did not, hang up.", "Once more.", "Goodbye.",
		"No key was pressed. Goodbye.", "This is %s. Nobody answers this number. Please call us on the number you know. Goodbye.",
	},
	"fr": {
		"fr-FR", "Ici %s. Un code a été demandé pour vous. Si c'est vous qui l'avez demandé, appuyez sur 1 pour l'entendre. Sinon, raccrochez.", "Je répète.", "Au revoir.",
		"Aucune touche n'a été pressée. Au revoir.", "Ici %s. Personne ne répond à ce numéro. Appelez-nous au numéro que vous connaissez. Au revoir.",
	},
	"es": {
		"es-ES", "Le llama %s. Se ha pedido un código para usted. Si lo ha pedido usted, pulse 1 para oírlo. Si no, cuelgue.", "Repito.", "Adiós.",
		"No se ha pulsado ninguna tecla. Adiós.", "Este número es de %s. Nadie contesta aquí. Llámenos al número que conoce. Adiós.",
	},
	"de": {
		"de-DE", "Hier ist %s. Für Sie wurde ein Code angefordert. Wenn Sie das waren, drücken Sie die 1, um ihn zu hören. Sonst legen Sie auf.", "Noch einmal.", "Auf Wiederhören.",
		"Es wurde keine Taste gedrückt. Auf Wiederhören.", "Hier ist %s. Unter dieser Nummer antwortet niemand. Rufen Sie uns unter der Nummer an, die Sie kennen. Auf Wiederhören.",
	},
	"it": {
		"it-IT", "Qui %s. È stato chiesto un codice per lei. Se lo ha chiesto lei, prema 1 per ascoltarlo. Altrimenti riagganci.", "Ripeto.", "Arrivederci.",
		"Nessun tasto è stato premuto. Arrivederci.", "Qui %s. A questo numero non risponde nessuno. Ci chiami al numero che conosce. Arrivederci.",
	},
	"nl": {
		"nl-NL", "U spreekt met %s. Er is een code voor u aangevraagd. Hebt u dat gedaan, druk dan op 1 om de code te horen. Zo niet, hang dan op.", "Nog een keer.", "Tot ziens.",
		"Er is geen toets ingedrukt. Tot ziens.", "Dit is %s. Op dit nummer neemt niemand op. Bel ons op het nummer dat u kent. Tot ziens.",
	},
	"pt": {
		"pt-BR", "Aqui é %s. Foi pedido um código para você. Se foi você que pediu, pressione 1 para ouvir. Se não, desligue.", "Repetindo.", "Até logo.",
		"Nenhuma tecla foi pressionada. Até logo.", "Aqui é %s. Ninguém atende neste número. Ligue para o número que você conhece. Até logo.",
	},
	"pl": {
		"pl-PL", "Tu %s. Poproszono o kod dla Ciebie. Jeśli to Ty o niego prosisz, naciśnij 1, aby go usłyszeć. Jeśli nie, rozłącz się.", "Powtarzam.", "Do widzenia.",
		"Nie naciśnięto żadnego klawisza. Do widzenia.", "Tu %s. Pod tym numerem nikt nie odbiera. Zadzwoń do nas pod znany numer. Do widzenia.",
	},
	"tr": {
		"tr-TR", "Burası %s. Sizin için bir kod istendi. Kodu siz istediyseniz duymak için 1'e basın. İstemediyseniz telefonu kapatın.", "Tekrar ediyorum.", "Hoşça kalın.",
		"Hiçbir tuşa basılmadı. Hoşça kalın.", "Burası %s. Bu numaraya kimse cevap vermiyor. Lütfen bizi bildiğiniz numaradan arayın. Hoşça kalın.",
	},
	"ar": {
		"ar-XA", "معكم %s. تم طلب رمز لك. إذا كنت أنت من طلبه فاضغط 1 لسماعه. وإلا فأغلق الخط.", "أعيد مرة أخرى.", "مع السلامة.",
		"لم يتم الضغط على أي مفتاح. مع السلامة.", "معكم %s. لا يرد أحد على هذا الرقم. اتصل بنا على الرقم الذي تعرفه. مع السلامة.",
	},
}
