package mail

import (
	"regexp"
	"strings"
)

// Subjects of answering machines. They are looked for at the start only: "Re: Out of office" was written by a person.
var autoSubject = regexp.MustCompile(`(?i)^(?:` +
	`out of (?:the )?office|automatic reply|auto(?:matic)?[- ]?(?:reply|response|answer|responder)|auto ?:|autoreply|away from (?:my|the) (?:mail|office|desk)|vacation (?:reply|notice|message)|` +
	`on (?:vacation|annual leave|holiday) |i am (?:currently )?(?:out of|away)|i'm (?:out of|away)|` +
	`réponse automatique|reponse automatique|réponse auto\b|réponse d['’]absence|absence du bureau|absente? du bureau|message d['’]absence|notification d['’]absence|avis d['’]absence|absente? jusqu|` +
	`en congés?\b|je suis (?:actuellement )?(?:absente?|en congé)|accusé de réception automatique|absence ?:)`)

var dsnSubject = regexp.MustCompile(`(?i)^(?:re ?: ?)?(?:` +
	`undeliver(?:able|ed)|mail delivery (?:failed|failure|subsystem|system)|delivery (?:status notification|failure|has failed|delayed|notification)|returned mail|failure notice|` +
	`mail (?:system error|could not be delivered)|message (?:not delivered|undeliverable|delivery failure|status - undeliverable)|warning: (?:message|could not send)|delayed mail|nondeliverable|` +
	`non[- ]?remis|non distribuable|échec de (?:la )?remise|échec de (?:la )?(?:distribution|livraison)|message non (?:remis|délivré|distribué)|avis de non[- ](?:remise|distribution)|remise retardée|notification d['’]état de (?:la )?remise|retour de courrier)`)

// recognise finds out whether a machine wrote the message, and what it says.
func (m *Message) recognise(h header, w *walker, own Own) {
	submitted := strings.ToLower(h.first("Auto-Submitted"))
	submitted, _, _ = strings.Cut(submitted, ";")
	submitted = strings.TrimSpace(stripComments(submitted))
	precedence := strings.ToLower(strings.TrimSpace(h.first("Precedence")))
	subject := m.Said.Title
	answers := len(m.Said.InReplyTo) > 0
	ourList := ownList(h, own)

	if m.bounced(h, w, own) {
		m.Said.Automatic = AutoDSN
		return
	}
	listBulk := !ourList && (listed(h) || h.has("List-Unsubscribe") || precedence == "bulk" || precedence == "junk" || precedence == "list" || h.has("Feedback-ID") && h.has("X-CSA-Complaints"))
	switch {
	case strings.HasPrefix(submitted, "auto-replied"),
		h.has("X-Autoreply"), h.has("X-Autorespond"), h.has("X-Autoresponder"), h.has("X-Auto-Reply"), h.has("X-Mail-Autoreply"),
		strings.HasPrefix(precedence, "auto"),
		autoSubject.MatchString(subject):
		m.Said.Automatic = AutoReply
	case strings.HasPrefix(submitted, "auto-"):
		m.Said.Automatic = AutoBulk
		if answers && !listBulk {
			m.Said.Automatic = AutoReply
		}
	case listBulk:
		m.Said.Automatic = AutoBulk
	case suppresses(h):
		// Exchange marks its answering machine and other programs' mails alike.
		m.Said.Automatic = AutoBulk
		if answers {
			m.Said.Automatic = AutoReply
		}
	case nullPath(h) && !m.Said.Ours:
		// RFC 3834: answering machines use the empty return path, people do not.
		m.Said.Automatic = AutoReply
	}
}

func suppresses(h header) bool {
	s := strings.ToLower(h.first("X-Auto-Response-Suppress"))
	return s != "" && s != "none"
}

func listed(h header) bool { return h.first("List-Id") != "" || h.first("List-Post") != "" }

// ownList tells that the list is one of our own addresses: a group mailbox such as contact@ stamps all that passes through it.
func ownList(h header, own Own) bool {
	id := strings.ToLower(h.first("List-Id"))
	if i := strings.LastIndexByte(id, '<'); i >= 0 {
		id = id[i+1:]
	}
	id = strings.Trim(id, "<> \t")
	if id == "" {
		return false
	}
	for uri := range own {
		if strings.Replace(addressOf(uri), "@", ".", 1) == id {
			return true
		}
	}
	return false
}

func nullPath(h header) bool {
	for _, f := range h {
		if f.name == "return-path" {
			return strings.ReplaceAll(f.value, " ", "") == "<>"
		}
	}
	return false
}
