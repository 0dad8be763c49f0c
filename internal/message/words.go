package message

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"countersign.dev/countersign/internal/store"
)

// word is what an inbound message says about getting messages at all.
type word uint8

const (
	wordNone word = iota
	wordStop
	wordHelp
	wordStart
	wordYes
)

// The words that mean it alone, after case, accents, spaces and punctuation are taken away (D-25, and what carriers know in French,
// Spanish and German).
var (
	stopWords = set("stop stopall unsubscribe cancel end quit revoke optout stopp arret arreter arretez desabonner desinscrire desabonnement",
		"nomas alto pare parar basta cancelar detener baja abmelden austragen abbestellen",
		"ferma fermare annulla disiscrivimi sair cancele stoppen afmelden uitschrijven koniec wypisz rezygnuje durdur iptal ret توقف ايقاف الغاء")
	helpWords  = set("help info aide ayuda hilfe aiuto ajuda hulp pomoc yardim yardım مساعدة")
	startWords = set("start unstop")
	yesWords   = set("yes")

	// strongStops also count as one sentence among others ("Stop. Who is this?"), where "end" or "cancel" would be about something else.
	strongStops = set("stop stopall unsubscribe optout stopp nomas desabonner desinscrire abmelden")
)

// fillers say nothing: they may stand around a word that means it.
var (
	fillers     = set("please pls plz kindly now thanks thank ok okay hey hi hello sir sirs just immediately already svp merci gracias bitte danke grazie obrigado bedankt prosze lutfen")
	fillPhrases = regexp.MustCompile(`\b(?:thank you|s il (?:vous|te) plait|por favor|per favore|alstublieft|من فضلك)(?:\b|$)`)
)

// What people write instead of the word, in text that normal has cleaned and split into sentences. Each pattern needs an object that can
// only mean our messages, since people also write "I can't stop the printer".
var stopSentences = patterns(
	// "stop texting me", "can you please stop sending me these messages", "you must stop contacting this number"
	`^(?:START)(?:stop|quit|cease) (?:texting|messaging|contacting|emailing|mailing|spamming|bothering|harassing|writing|writing to|sending to) (?:me|us|my (?:phone|number|cell)|this (?:phone|number))\b`,
	`^(?:START)(?:stop|quit|cease) sending (?:me |us )?(?:OURS|anything|these|those|this)(?: END)?$`,
	`^(?:START)(?:stop|quit|cease|end|cancel) (?:all )?(?:OURS)(?: END)?$`,
	`^(?:START)(?:stop|quit) (?:texting|messaging|emailing|contacting)(?: END)?$`,
	// "I want to stop receiving your texts", "how do I stop these texts"
	`^(?:i (?:want|wish|would like|need|d like|wanna) to |how (?:do|can) i |i (?:am |m )?asking to |let me )(?:stop|quit) (?:receiving |getting )?(?:OURS)(?: END)?$`,
	// "don't text me", "do not contact me again", "never message this number"
	`^(?:START)(?:do not|don t|dont|never) (?:ever )?(?:text|message|contact|email|mail|sms|write|write to) (?:me|us|my (?:phone|number|cell)|this (?:phone|number))(?:$| END\b| (?:or|and|because|since|i|you|we|about|on|at|with|if|unless)\b)`,
	`^(?:START)(?:do not|don t|dont|never) send (?:me |us )?(?:OURS|anything)(?: END)?$`,
	// "no more texts", "no texts please"
	`^(?:START)no more (?:texts?|text messages?|messages?|sms|emails?)(?: END)?$`,
	`^(?:i )?(?:do not|don t|dont|no longer|never) (?:want|wish|need|consent|agree)(?: to)?(?: receive| get| receiving| getting| be getting)? (?:OURS)(?: END)?$`,
	`^(?:i )?(?:do not|don t|dont|no longer|never) (?:want|wish|consent|agree) to be (?:texted|messaged|contacted|emailed)\b`,
	// "unsubscribe me", "I want to opt out", "take me off your list", "I revoke my consent"
	`^(?:START)unsubscribe (?:me|us|my (?:number|phone|email)|this (?:number|phone|email)|from (?:this|these|your|all)\b)`,
	`^(?:i (?:want|wish|would like|need|d like) to |how (?:do|can) i |let me )?(?:unsubscribe|opt out)(?: (?:of|from) (?:OURS|this|this list|your list))?(?: END)?$`,
	`^(?:i (?:want|wish|would like|need|d like) to be |START)?(?:opt(?:ed)? me out|opted out|opt me out)(?: (?:of|from) (?:OURS|this|this list|your list))?(?: END)?$`,
	`^(?:START)(?:remove|take|delete) (?:me|my (?:number|phone|name|cell)|this number)(?: off| from)? (?:this|your|the|all|any) (?:(?:text|texting|sms|messaging|message|contact|mailing|call) )?lists?(?: END)?$`,
	`^(?:START)(?:remove|delete|lose) (?:my|this) (?:phone )?number(?: END)?$`,
	`^(?:START)(?:remove me|leave me alone)(?: END)?$`,
	`^(?:i (?:hereby )?)?(?:revoke|withdraw|withdrew|rescind) (?:my |all )?consent(?: (?:to|for) (?:OURS|be (?:texted|contacted|messaged)|texting|messaging|contact(?:ing)? me))?(?: END)?$`,
	// Spanish, French, German
	`^(?:ya )?no (?:me )?(?:envie|envien|mande|manden|escriba|escriban|envies|mandes|escribas)(?: mas| nada mas)?(?: (?:mas )?(?:mensajes|textos|sms|correos))?(?: END)?$`,
	`^(?:ya )?no (?:quiero|deseo)(?: recibir)?(?: mas)? (?:mensajes|textos|sms|correos)(?: END)?$`,
	`^no mas (?:mensajes|textos|sms|correos)(?: END)?$`,
	`^(?:START)(?:deje|dejen|deja) de (?:enviarme|mandarme|escribirme)\b`,
	`^(?:START)(?:arretez|arrete|cessez) de (?:m ecrire|m envoyer|me contacter|me texter|m envoyer des (?:messages|textos|sms))\b`,
	`^(?:START)ne (?:m ecrivez|me contactez|m envoyez|me textez) plus\b`,
	`^(?:je )?ne (?:veux|souhaite|desire) plus (?:recevoir )?(?:de |d |vos |ces )?(?:messages|textos|sms|courriels|emails|mails)(?: END)?$`,
	`^plus de (?:messages|textos|sms)(?: END)?$`,
	`^(?:START)keine (?:weiteren )?(?:nachrichten|sms|mails|e mails)(?: mehr)?(?: END)?$`,
	`^(?:START)(?:schreiben sie mir|schreib mir|schreibt mir|schicken sie mir|schicken sie|schickt mir) (?:nicht mehr|nie wieder|keine (?:nachrichten|sms|mails) mehr)\b`,
	// Italian, Portuguese, Dutch, Polish, Turkish, Arabic
	`^(?:per favore )?(?:smettete|smetti|smettetela) di (?:scrivermi|inviarmi|mandarmi|contattarmi)\b`,
	`^non (?:scrivetemi|scrivermi|contattatemi|contattarmi|inviatemi|mandatemi)(?: piu)?(?: (?:messaggi|sms))?$`,
	`^(?:non voglio (?:piu )?(?:ricevere )?(?:piu )?(?:i |vostri |i vostri |questi )?|basta |niente piu |niente )(?:messaggi|sms)$`,
	`^(?:parem|pare) de (?:me (?:enviar|mandar|escrever|contactar|contatar|ligar)\b|(?:enviar|mandar) (?:mensagens|sms)(?: para mim)?$)`,
	`^nao me (?:envie|enviem|mande|mandem|escreva|escrevam)(?: mais)?(?: (?:mensagens|sms))?$`,
	`^(?:nao quero (?:mais )?(?:receber )?(?:mais )?|chega de |nada de )(?:mensagens|sms)$`,
	`^(?:stop|houd op) met (?:mij |me )?(?:sms en|smsen|appen|mailen|berichten sturen|contacteren)$`,
	`^(?:(?:stuur|stuurt) (?:mij |me )?|ik wil )?geen (?:sms|sms jes|smsjes|berichten)(?: meer)?(?: ontvangen| krijgen| sturen)?$`,
	`^(?:prosze )?(?:nie (?:piszcie|pisz|wysyłajcie|wysyłaj|wysylajcie|wysylaj)|przestan(?:cie)? (?:pisac|wysyłac|wysylac))(?: (?:do mnie|mi|wiecej|wiadomosci|sms ow|smsow))+$`,
	`^nie chce (?:wiecej )?(?:dostawac |otrzymywac )?(?:wiecej )?(?:wiadomosci|sms ow|smsow)$`,
	`^(?:bana )?(?:artik |artık |bir daha )?(?:mesaj|sms) (?:gondermeyin|gonderme|atmayin|atmayın|atma|istemiyorum|almak istemiyorum)$`,
	`^(?:توقفوا|توقف) عن (?:مراسلتي|الاتصال بي|ارسال الرسايل)$`,
	`^لا (?:ترسلوا|ترسل|اريد)(?: لي| الي)?(?: المزيد من)? (?:رسايل|الرسايل)(?: بعد الان)?$`,
)

// patterns compiles with the shorthands START (what may precede), OURS (our messages) and END (what may follow).
func patterns(texts ...string) []*regexp.Regexp {
	short := strings.NewReplacer(
		"START", `(?:(?:can|could|would|will) you |you (?:need to|must|should|have to) |i (?:want|need|would like|d like|am asking|m asking|asked|told) you to |i said |and |but |so |or )?`,
		"OURS", `(?:(?:any |all )?(?:of )?(?:these|those|this|your|the|any|more|any more|anymore|such|further|all)? ?(?:texts?|text messages?|messages|sms|text alerts?|texting|verification (?:texts|messages|codes))|(?:these|those|your) (?:emails?|mails|codes|alerts|notifications|text)|any ?more (?:emails?|mails|codes))`,
		"END", `(?:from (?:you|your company|you guys|you people)|to (?:me|my (?:phone|number|cell)|this (?:phone|number))|any ?more|again|ever|ever again|at once|right now|now|at all)`,
	)
	out := make([]*regexp.Regexp, len(texts))
	for i, t := range texts {
		out[i] = regexp.MustCompile(short.Replace(t))
	}
	return out
}

func set(lists ...string) map[string]bool {
	out := map[string]bool{}
	for _, list := range lists {
		for w := range strings.FieldsSeq(list) {
			out[w] = true
		}
	}
	return out
}

// wordOf reads a message. In a mail the first line counts as the message, since a signature may follow; of one without text, the subject.
func wordOf(in In) word {
	switch in.Handled {
	case "stop":
		return wordStop
	case "help":
		return wordHelp
	case "start":
		return wordStart
	}
	text := strings.TrimSpace(in.Body)
	if text == "" {
		text = in.Subject
	}
	if first, _, more := strings.Cut(text, "\n"); more && in.Way == Email {
		if w := classify(first); w != wordNone {
			return w
		}
	}
	return classify(text)
}

// maxWords bounds what is looked at: nobody asks to stop in the hundredth sentence of a report.
const maxWords = 2000

func classify(text string) word {
	sentences := normal(cut(text, maxWords))
	switch alone := strings.Join(sentences, " "); bare(alone) {
	case "":
		return wordNone
	default:
		if w := wordAlone(alone); w != wordNone {
			return w
		}
	}
	for _, sentence := range sentences {
		if strongStops[bare(sentence)] {
			return wordStop
		}
		trimmed := strings.Join(unfilled(sentence), " ")
		for _, p := range stopSentences {
			if p.MatchString(trimmed) {
				return wordStop
			}
		}
	}
	return wordNone
}

// wordAlone is what a message means as a whole: one of the words, perhaps repeated, perhaps with letters apart.
func wordAlone(text string) word {
	kept := unfilled(text)
	for _, candidate := range []string{strings.Join(kept, ""), repeated(kept)} {
		switch {
		case stopWords[candidate]:
			return wordStop
		case helpWords[candidate]:
			return wordHelp
		case startWords[candidate]:
			return wordStart
		case yesWords[candidate]:
			return wordYes
		}
	}
	return wordNone
}

// repeated is the one word that a text consists of ("stop stop stop"), or "".
func repeated(words []string) string {
	for _, w := range words {
		if w != words[0] {
			return ""
		}
	}
	if len(words) == 0 {
		return ""
	}
	return words[0]
}

func bare(sentence string) string { return strings.Join(unfilled(sentence), "") }

func unfilled(sentence string) []string {
	var kept []string
	for w := range strings.FieldsSeq(fillPhrases.ReplaceAllString(sentence, " ")) {
		if !fillers[w] {
			kept = append(kept, w)
		}
	}
	return kept
}

// normal splits a text into sentences of plain lower-case words.
func normal(text string) (sentences []string) {
	text = store.Fold(norm.NFKC.String(text))
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(".!?;,:\n\r…", r) }) {
		words := strings.FieldsFunc(part, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if len(words) > 0 {
			sentences = append(sentences, strings.Join(words, " "))
		}
	}
	return sentences
}
