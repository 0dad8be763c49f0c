package wording

import "slices"

// Key names a text.
type Key string

// The texts that an organization may write itself.
const (
	SMSCode           Key = "verification.sms_code"
	SMSLink           Key = "verification.sms_link"
	EmailCode         Key = "verification.email_code"
	EmailLink         Key = "verification.email_link"
	EmailStepUp       Key = "verification.email_step_up"
	VoiceCode         Key = "verification.voice_code"
	PasskeyLink       Key = "verification.passkey"
	PasskeyInvitation Key = "passkey.invitation"
	PasskeyAdded      Key = "passkey.added"
	TechnicianAsked   Key = "technician.request"
	TechnicianTaken   Key = "technician.claimed"
	ReplyConfirmed    Key = "reply.confirmed"
	ReplyDenied       Key = "reply.denied"
	ReplyTooEarly     Key = "reply.too_early"
	ReplyDigits       Key = "reply.digits"
	ReplyReported     Key = "reply.reported"
	ReplyStopped      Key = "reply.stopped"
	AddressChanged    Key = "notice.address_changed"
	AnswerStop        Key = "answer.stop"
	AnswerStart       Key = "answer.start"
	AnswerHelp        Key = "answer.help"
	OptInSMS          Key = "optin.sms"
	OptInMail         Key = "optin.mail"
	OptInCode         Key = "optin.code"
	OptInChanged      Key = "optin.changed"
	OptInConfirmed    Key = "optin.confirmed"
	OptInNote         Key = "optin.note"
	TrialMail         Key = "trial.mail"
	PageLink          Key = "page.link"
	pageForm          Key = "page.form"
	pagePasskey       Key = "page.passkey"
	pageStepUp        Key = "page.step_up"
	pageOptIn         Key = "page.optin"
	phraseTicket      Key = "phrase.ticket"
	phraseMinutes     Key = "phrase.minutes"
	phraseDays        Key = "phrase.days"
	phraseByContact   Key = Key(TheyCalled)
	phraseToContacts  Key = Key(WeCalled)
)

// Channel is where a text is read or heard.
type Channel string

// The channels.
const (
	SMS        Channel = "sms"
	Email      Channel = "email"
	Voice      Channel = "voice"
	Page       Channel = "page"
	TicketNote Channel = "note"
)

// The parts of texts. A page has parts of its own.
const (
	Subject      = "subject"
	Body         = "body"
	Announcement = "announcement" // of a call, before anything secret is said
	Title        = "title"
	Asks         = "asks"
	Header       = "header" // the first line of a mail
	NoteSent     = "sent"   // what happened to a form for consent
	NoteAgreed   = "agreed"
	NoteRefused  = "refused"
)

// How long a part may be, in characters.
const (
	maxSubject  = 150
	maxSMS      = 500
	maxEmail    = 5000
	maxSpoken   = 600
	maxOnPage   = 200
	codeDigits  = 6 // a shorter run of digits cannot be taken for a code
	maxSegments = 6 // that a text message may be sent as
)

// Part is one piece of a text.
type Part struct {
	Name     string
	Limit    int           // characters
	Lines    bool          // it may have several
	Knows    []Placeholder // that it may hold
	Requires []Placeholder // that it must hold
	Words    []string      // that it must hold as they are, since people answer with them
	code     bool          // it carries a code, so no other run of digits may look like one
}

// Entry is a text of the catalogue.
type Entry struct {
	Key      Key
	Channels []Channel // more than one if it answers on the way on which it was asked
	Parts    []Part
}

// Part finds one by its name.
func (e Entry) Part(name string) (Part, bool) {
	i := slices.IndexFunc(e.Parts, func(p Part) bool { return p.Name == name })
	if i < 0 {
		return Part{}, false
	}
	return e.Parts[i], true
}

func entryOf(key Key) (Entry, bool) {
	all := Catalogue()
	i := slices.IndexFunc(all, func(e Entry) bool { return e.Key == key })
	if i < 0 {
		return Entry{}, false
	}
	return all[i], true
}

// Catalogue lists the texts that an organization may write itself. What R10 asks of the messages of a verification, they must keep.
func Catalogue() []Entry {
	ask := []Placeholder{Organization, Technician, Ticket, Wrong}
	message := []Channel{SMS, Email}
	subject := func(knows ...Placeholder) Part {
		return Part{Name: Subject, Limit: maxSubject, Knows: append(knows, Organization)}
	}
	reply := func(key Key, words []string, requires ...Placeholder) Entry {
		return Entry{key, message, []Part{
			subject(), {Name: Body, Limit: maxSMS, Lines: true, Knows: []Placeholder{Technician, Ticket}, Requires: append(requires, Organization), Words: words},
		}}
	}
	return []Entry{
		{SMSCode, []Channel{SMS}, []Part{
			{Name: Body, Limit: maxSMS, Lines: true, Knows: []Placeholder{Minutes}, Requires: append(ask, Code), Words: []string{"NO"}, code: true},
		}},
		{SMSLink, []Channel{SMS}, []Part{
			{Name: Body, Limit: maxSMS, Lines: true, Knows: []Placeholder{Minutes}, Requires: append(ask, Link), Words: []string{"NO"}},
		}},
		{EmailCode, []Channel{Email}, []Part{
			subject(Technician),
			{Name: Body, Limit: maxEmail, Lines: true, Knows: []Placeholder{Minutes}, Requires: append(ask, Code), Words: []string{"NO"}, code: true},
		}},
		{EmailLink, []Channel{Email}, []Part{
			subject(Technician),
			{Name: Body, Limit: maxEmail, Lines: true, Knows: []Placeholder{Minutes}, Requires: append(ask, Link), Words: []string{"NO"}},
		}},
		{PasskeyLink, message, []Part{
			subject(Technician),
			{Name: Body, Limit: maxSMS, Lines: true, Knows: []Placeholder{Minutes}, Requires: append(ask, Link), Words: []string{"NO"}},
		}},
		{PasskeyInvitation, message, []Part{
			subject(Technician), {Name: Body, Limit: maxSMS, Lines: true, Requires: []Placeholder{Organization, Technician, Link}},
		}},
		{PasskeyAdded, message, []Part{
			subject(), {Name: Body, Limit: maxSMS, Lines: true, Requires: []Placeholder{Organization}},
		}},
		{EmailStepUp, []Channel{Email}, []Part{
			subject(Technician),
			{Name: Body, Limit: maxEmail, Lines: true, Knows: []Placeholder{Minutes}, Requires: append(ask, Link), Words: []string{"NO"}},
		}},
		{VoiceCode, []Channel{Voice}, []Part{
			{Name: Announcement, Limit: maxSpoken, Requires: []Placeholder{Organization, Technician}, Words: []string{"1"}},
			{Name: Body, Limit: maxSpoken, Knows: []Placeholder{Organization, Minutes}, Requires: []Placeholder{Code, Technician, Wrong}, code: true},
		}},
		{TechnicianAsked, message, []Part{
			subject(),
			{Name: Body, Limit: maxSMS, Lines: true, Knows: []Placeholder{Minutes}, Requires: []Placeholder{Organization, Code, Confirm}, Words: []string{"#deny"}, code: true},
		}},
		reply(TechnicianTaken, nil, Technician, Ticket),
		reply(ReplyConfirmed, nil, Technician),
		reply(ReplyDenied, nil),
		reply(ReplyTooEarly, nil),
		reply(ReplyDigits, []string{"#confirm"}),
		reply(ReplyReported, nil),
		reply(ReplyStopped, nil),
		reply(AddressChanged, nil),
		reply(AnswerStop, []string{"START"}),
		reply(AnswerStart, []string{"STOP", "HELP"}),
		reply(AnswerHelp, []string{"#verify", "STOP"}),
		{OptInSMS, []Channel{SMS}, []Part{
			{Name: Body, Limit: maxSMS, Lines: true, Requires: []Placeholder{Organization, Link}, Words: []string{"STOP"}},
		}},
		{OptInMail, []Channel{Email}, []Part{
			subject(),
			{Name: Header, Limit: maxSubject, Requires: []Placeholder{Organization}},
			{Name: Body, Limit: maxEmail, Lines: true, Knows: []Placeholder{Organization, Days}, Requires: []Placeholder{Link}},
		}},
		{OptInCode, []Channel{SMS}, []Part{
			{Name: Body, Limit: maxSMS, Lines: true, Requires: []Placeholder{Organization, Code}, code: true},
		}},
		{OptInChanged, message, []Part{
			subject(), {Name: Body, Limit: maxSMS, Lines: true, Requires: []Placeholder{Organization, Address}},
		}},
		{OptInConfirmed, []Channel{SMS}, []Part{
			{Name: Body, Limit: maxSMS, Lines: true, Requires: []Placeholder{Organization}, Words: []string{"HELP", "STOP"}},
		}},
		{OptInNote, []Channel{TicketNote}, []Part{
			{Name: NoteSent, Limit: maxSubject, Knows: []Placeholder{Technician}, Requires: []Placeholder{Contact, Address}},
			{Name: NoteAgreed, Limit: maxSubject, Requires: []Placeholder{Contact, Address}},
			{Name: NoteRefused, Limit: maxSubject, Requires: []Placeholder{Contact, Address}},
		}},
		{TrialMail, []Channel{Email}, []Part{
			subject(), {Name: Body, Limit: maxEmail, Lines: true, Requires: []Placeholder{Organization}},
		}},
		{PageLink, []Channel{Page}, []Part{
			{Name: Title, Limit: maxOnPage, Knows: []Placeholder{Organization, Technician}},
			{Name: Asks, Limit: maxOnPage, Requires: []Placeholder{Organization, Technician}},
		}},
	}
}
