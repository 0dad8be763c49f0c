package twiliotest

import (
	"net/http"
	"net/url"
	"strings"
)

// NumberResource is a phone number of the account.
type NumberResource struct {
	SID, Number, Name         string
	SMS, Voice, StatusAddress string // where its webhooks point
	TollFree                  string // the state of its verification, if it is toll-free
}

// ServiceResource is a messaging service of the account.
type ServiceResource struct {
	SID        string
	Registered bool     // with a 10DLC campaign
	Numbers    []string // SIDs
	OwnInbound bool     // it takes the texts to its numbers itself
}

// Numbers sets the account's numbers.
func (s *Server) Numbers(list ...*NumberResource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.numbers = list
}

// Services sets the account's messaging services.
func (s *Server) Services(list ...ServiceResource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.services = list
}

// NumberNow is a number as it is set now.
func (s *Server) NumberNow(number string) NumberResource {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.numbers {
		if n.Number == number {
			return *n
		}
	}
	s.t.Fatalf("the account has no number %s", number)
	return NumberResource{}
}

func (n *NumberResource) json() map[string]any {
	return map[string]any{
		"sid": n.SID, "account_sid": Account, "phone_number": n.Number, "friendly_name": n.Name, "sms_url": n.SMS, "voice_url": n.Voice,
		"status_callback": n.StatusAddress, "capabilities": map[string]any{"sms": true, "voice": true, "mms": true, "fax": false},
	}
}

func (s *Server) phone(w http.ResponseWriter, r *http.Request, form url.Values, resource string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodGet && resource == "/IncomingPhoneNumbers.json" {
		list := []map[string]any{}
		for _, n := range s.numbers {
			list = append(list, n.json())
		}
		reply(w, http.StatusOK, map[string]any{"incoming_phone_numbers": list, "page": 0, "page_size": 50, "next_page_uri": nil})
		return
	}
	wanted := strings.TrimSuffix(strings.TrimPrefix(resource, "/IncomingPhoneNumbers/"), ".json")
	for _, n := range s.numbers {
		if n.SID != wanted {
			continue
		}
		if r.Method == http.MethodPost {
			for key, into := range map[string]*string{"SmsUrl": &n.SMS, "VoiceUrl": &n.Voice, "StatusCallback": &n.StatusAddress} {
				if form.Has(key) {
					*into = form.Get(key)
				}
			}
		}
		reply(w, http.StatusOK, n.json())
		return
	}
	reply(w, http.StatusNotFound, map[string]any{"code": 20404, "message": "not found", "status": 404})
}

func (s *Server) messaging(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	meta := map[string]any{"page": 0, "page_size": 50, "next_page_url": nil}
	switch {
	case r.URL.Path == "/v1/Services":
		list := []map[string]any{}
		for _, x := range s.services {
			list = append(list, map[string]any{
				"sid": x.SID, "account_sid": Account, "us_app_to_person_registered": x.Registered, "use_inbound_webhook_on_number": !x.OwnInbound,
			})
		}
		reply(w, http.StatusOK, map[string]any{"services": list, "meta": meta})
	case r.URL.Path == "/v1/Tollfree/Verifications":
		list := []map[string]any{}
		for _, n := range s.numbers {
			if n.TollFree != "" {
				list = append(list, map[string]any{"tollfree_phone_number_sid": n.SID, "status": n.TollFree, "sid": "HH00000000000000000000000000000001"})
			}
		}
		reply(w, http.StatusOK, map[string]any{"verifications": list, "meta": meta})
	case strings.HasSuffix(r.URL.Path, "/PhoneNumbers"):
		service := strings.Split(r.URL.Path, "/")[3]
		list := []map[string]any{}
		for _, x := range s.services {
			if x.SID == service {
				for _, n := range x.Numbers {
					list = append(list, map[string]any{"sid": n, "service_sid": x.SID, "account_sid": Account})
				}
			}
		}
		reply(w, http.StatusOK, map[string]any{"phone_numbers": list, "meta": meta})
	default:
		reply(w, http.StatusNotFound, map[string]any{"code": 20404, "message": "not found", "status": 404})
	}
}
