package mail

import "strings"

// ReplyAddress is the address of one message within an inbound address: verify@example.com and abc give verify+abc@example.com.
func ReplyAddress(inbound, token string) string {
	local, domain, ok := strings.Cut(inbound, "@")
	if !ok || token == "" {
		return inbound
	}
	return local + "+" + token + "@" + domain
}

// SplitReply is the reverse of ReplyAddress; token is "" for an inbound address itself.
func SplitReply(address string) (inbound, token string) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address, ""
	}
	local, token, _ := strings.Cut(address[:at], "+")
	return local + address[at:], token
}
