package message

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestM18WordsThatStop(t *testing.T) {
	for _, s := range []string{
		"STOP", "stop", "stop.", "Stop!", " stop ", "S.T.O.P", "s t o p", "STOP STOP STOP", "stop please", "Please stop", "pls stop now", "Stop, thanks",
		"\"STOP\"", "ＳＴＯＰ", "stop 🙏", "STOPALL", "stop all", "unsubscribe", "UNSUBSCRIBE!", "Cancel", "END", "Quit.", "revoke", "OPTOUT", "opt out", "Opt-Out", "opt.out",
		"please stop texting", "please stop texting me", "Stop texting me!", "STOP MESSAGING ME", "can you please stop texting me", "Could you stop sending me these messages?",
		"I want you to stop contacting me", "You need to stop texting me", "you must stop contacting this number", "stop sending me texts", "stop sending these", "stop all messages",
		"stop your texts", "Stop the messages please", "Hello. Stop. Who is this?", "I don't know you, stop texting me", "who is this? stop", "Quit texting me",
		"don't text me", "Do not contact me again", "dont text me anymore", "Don’t message me again.", "never text this number", "do not send me any more texts", "Please don't send me anything",
		"no more texts", "No more messages please", "I don't want these messages", "I do not want any more texts", "i no longer want your texts", "I don't want to receive these messages",
		"I do not wish to be contacted", "I don't consent to be texted", "unsubscribe me", "Please unsubscribe me from this list", "I want to unsubscribe", "I'd like to opt out",
		"opt me out", "I want to opt out of these messages", "remove me from your list", "Take me off this list", "take me off your texting list", "remove my number", "delete my number please",
		"lose my number", "leave me alone", "I revoke my consent", "I hereby revoke consent", "withdraw my consent", "I want to stop receiving your texts", "how do I stop these texts?",
		"How can I stop receiving these messages", "cancel these texts", "end all messages", "cease texting me",
		"no mas", "no más", "NO MÁS!", "no mas mensajes", "alto", "parar", "no quiero más mensajes", "no me envíen más mensajes", "dejen de enviarme mensajes", "ya no me escriba",
		"arrêt", "ARRET", "arrêtez", "arrêtez de m'écrire", "je ne veux plus recevoir de messages", "plus de messages", "désabonner", "se désinscrire"[3:], "ne me contactez plus",
		"basta messaggi", "Smettete di scrivermi!", "non voglio più ricevere messaggi", "non scrivetemi più", "annulla", "sair", "não quero mais mensagens", "Pare de me enviar mensagens",
		"não me mandem mais mensagens", "afmelden", "geen berichten meer", "stop met mij sms'en", "ik wil geen sms meer ontvangen", "nie chcę więcej wiadomości", "Proszę nie piszcie do mnie",
		"rezygnuję", "iptal", "lütfen bana mesaj atmayın", "mesaj istemiyorum", "توقف", "إلغاء", "لا ترسلوا لي رسائل", "توقفوا عن مراسلتي",
		"stopp", "abmelden", "keine Nachrichten mehr", "bitte keine SMS mehr",
	} {
		if got := classify(s); got != wordStop {
			t.Errorf("%q does not stop", s)
		}
	}
}

func TestWordsThatDoNotStop(t *testing.T) {
	for _, s := range []string{
		"", " ", "...", "👍", "ok", "thanks", "no", "NO", "yes, please", "123456", "#verify", "#confirm", "#confirm 73", "#deny", "verify",
		"I can't stop the printer", "the printer won't stop", "The printer will not stop printing", "please stop the service on server 2", "Can you stop the backup job?",
		"stop by my desk at 3", "Please stop by when you can", "how do I stop sharing my screen", "bus stop", "I am at the bus stop", "it stopped working", "STOPPED WORKING AGAIN",
		"Outlook won't stop sending me notifications", "the scanner doesn't stop sending emails to me", "It won't stop texting me codes", "Teams keeps messaging me, can you make it stop",
		"Can you make Outlook stop emailing me reminders", "My emails stop sending after a minute", "stop sending invoices to Bob and send them to Carol", "Please stop sending the report to the old printer",
		"don't stop texting me", "please don't stop", "do not stop the update", "never stop the service", "I did not ask to stop anything", "non-stop errors all day", "full stop missing in the signature",
		"the process will not end", "at the end of the day it works", "end of day is fine", "cancel my 3pm appointment", "please cancel the meeting", "Cancel the order for the laptop", "can you cancel my subscription to Adobe",
		"quit outlook and restart", "I quit Outlook and it works now", "quit and reopen does not help", "No more space on the disk", "no more errors, thanks", "no more issues here",
		"don't text me the password, email it", "Don't send me the file", "do not send the invoice yet", "don't email the customer", "do not contact the vendor", "don't message Bob",
		"how do I unsubscribe from the newsletter in Outlook", "I can't unsubscribe from the vendor's mailing list", "remove me from the Finance distribution list", "take me off the on-call rota",
		"remove my old laptop", "delete my account in Salesforce", "how do users opt out of MFA", "we opted out of the update", "revoke Bob's access", "please revoke my admin consent in Azure", "revoke the certificate",
		"I don't want to lose my files", "I want no popups", "I don't want these popups", "I want to stop Teams from starting", "how do I stop these popups?", "stop the world", "non, ça ne marche pas", "je ne peux plus imprimer",
		"non voglio perdere i file", "ferma il servizio sul server", "non inviatemi la fattura a questo indirizzo", "pare o servidor", "pare de enviar o relatório ao Bob", "não quero perder os ficheiros",
		"stop met printen", "ik wil geen popups", "geen internet meer", "nie wysyłaj faktury", "nie chcę nowego hasła", "koniec pracy o piątej", "mesaj gelmiyor", "yazıcıyı durdur", "iptal edilen sipariş",
		"لا اريد ان افقد الملفات", "توقف الجهاز عن العمل",
		"plus de papier dans l'imprimante", "arrêtez le serveur", "no tengo más espacio", "help me stop this popup", "My info is wrong", "start the computer", "yes it works", "It says press start",
	} {
		if got := classify(s); got == wordStop {
			t.Errorf("%q stops", s)
		}
	}
}

func TestOtherWords(t *testing.T) {
	for s, want := range map[string]word{
		"AIUTO": wordHelp, "ajuda": wordHelp, "pomoc!": wordHelp, "Yardım": wordHelp, "مساعدة": wordHelp, "hulp": wordHelp, "HELP": wordHelp, "help!": wordHelp, "Info": wordHelp, "aide": wordHelp, "help me with Outlook": wordNone, "my info": wordNone,
		"START": wordStart, "unstop": wordStart, "Start please": wordStart, "start Outlook": wordNone, "YES": wordYes, "yes.": wordYes, "yes I did": wordNone,
		"NO": wordNone, "#verify": wordNone, "#confirm": wordNone,
	} {
		if got := classify(s); got != want {
			t.Errorf("%q is %d, want %d", s, got, want)
		}
	}
}

func TestAMailIsReadByItsFirstLine(t *testing.T) {
	for body, want := range map[string]word{
		"STOP\n\nBob Example\nAcme, 1 Main Street": wordStop,
		"\n help \n\nBob":                          wordHelp,
		"Hello\nI need help\nBob":                  wordNone,
	} {
		if got := wordOf(In{Way: Email, Body: body}); got != want {
			t.Errorf("%q is %d, want %d", body, got, want)
		}
	}
	if got := wordOf(In{Way: Email, Subject: "Unsubscribe"}); got != wordStop {
		t.Error("the subject of an empty mail does not count")
	}
}

// However a word is written, it means the same.
func TestM18DecorationDoesNotMatter(t *testing.T) {
	words := []string{"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"}
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		space := rapid.StringMatching(`[ .!?,;:'"*_\-()\n\t]{0,4}`)
		b.WriteString(space.Draw(t, "before"))
		b.WriteString(rapid.SampledFrom([]string{"", "please ", "ok ", "hey, "}).Draw(t, "filler"))
		for _, r := range rapid.SampledFrom(words).Draw(t, "word") {
			s := string(r)
			if rapid.Bool().Draw(t, "upper") {
				s = strings.ToUpper(s)
			}
			b.WriteString(s)
		}
		b.WriteString(rapid.SampledFrom([]string{"", " please", " now", ", thank you"}).Draw(t, "filler behind"))
		b.WriteString(space.Draw(t, "behind"))
		if got := classify(b.String()); got != wordStop {
			t.Fatalf("%q does not stop", b.String())
		}
	})
}

// What a service desk is written about all day never opts anybody out, whatever the words around it.
func TestOrdinaryWordsNeverStop(t *testing.T) {
	ordinary := strings.Fields("the printer my outlook server can you please help with email is not working and i need a new password for teams again " +
		"restart laptop screen meeting today tomorrow at desk it says error code after update invoice user account login vpn slow thanks stopped ending")
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(ordinary), 2, 14).Draw(t, "words"), " ")
		if classify(text) == wordStop {
			t.Fatalf("%q stops", text)
		}
	})
}

func FuzzWords(f *testing.F) {
	f.Add("STOP")
	f.Add("please stop texting me\n> quoted")
	f.Add("\xff\xfe no más")
	f.Fuzz(func(t *testing.T, s string) {
		if classify(s) != classify(s+" ") {
			t.Errorf("%q: a space matters", s)
		}
	})
}
