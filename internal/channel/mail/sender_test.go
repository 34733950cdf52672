package mail

import (
	"testing"
	"time"
)

func TestProof(t *testing.T) {
	t.Parallel()
	const ours = "Authentication-Results: mx.example.org"
	for name, c := range map[string]struct {
		head    string
		aligned bool
	}{
		"dkim of the domain":           {ours + "; dkim=pass header.d=Bruyere.Example header.s=x\r\nFrom: Léa <lea@bruyere.example>", true},
		"dkim of the domain above":     {ours + "; dkim=pass (2048-bit key; x) header.i=@bruyere.example\r\nFrom: lea@news.bruyere.example", true},
		"spf of the domain below":      {ours + " 1; spf=pass smtp.mailfrom=x@bounce.bruyere.example\r\nFrom: lea@bruyere.example", true},
		"folded, quoted, spaced":       {ours + ";\r\n\tspf = pass reason=\"a; b\"\r\n smtp.mailfrom=\"lea@bruyere.example\"\r\nFrom: lea@bruyere.example", true},
		"dmarc":                        {ours + "; dmarc=pass header.from=bruyere.example\r\nFrom: lea@bruyere.example", true},
		"one of two signatures":        {ours + "; dkim=fail header.d=bruyere.example; dkim=pass header.d=bruyere.example\r\nFrom: lea@bruyere.example", true},
		"two fields of the server":     {ours + "; dkim=none\r\n" + ours + "; spf=pass smtp.mailfrom=bruyere.example\r\nFrom: lea@bruyere.example", true},
		"another's field":              {"Authentication-Results: mx.evil.example; dkim=pass header.d=bruyere.example\r\nFrom: lea@bruyere.example", false},
		"another's, ours in a comment": {"Authentication-Results: (mx.example.org) mx.evil.example; dkim=pass header.d=bruyere.example\r\nFrom: lea@bruyere.example", false},
		"one further down was forged":  {ours + "; dkim=fail header.d=bruyere.example\r\nReceived: x\r\n" + ours + "; dkim=pass header.d=bruyere.example\r\nFrom: lea@bruyere.example", false},
		"passes for another domain":    {ours + "; dkim=pass header.d=evil.example; spf=pass smtp.mailfrom=x@evil.example\r\nFrom: lea@bruyere.example", false},
		"a domain that ends alike":     {ours + "; dkim=pass header.d=evilbruyere.example\r\nFrom: lea@bruyere.example", false},
		"a whole ending":               {ours + "; dkim=pass header.d=example\r\nFrom: lea@bruyere.example", false},
		"two domains side by side":     {ours + "; dkim=pass header.d=a.bruyere.example\r\nFrom: lea@b.bruyere.example", false},
		"softfail":                     {ours + "; spf=softfail smtp.mailfrom=lea@bruyere.example\r\nFrom: lea@bruyere.example", false},
		"the helo alone":               {ours + "; spf=pass smtp.helo=bruyere.example\r\nFrom: lea@bruyere.example", false},
		"dmarc fails":                  {ours + "; dkim=pass header.d=bruyere.example; dmarc=fail header.from=bruyere.example\r\nFrom: lea@bruyere.example", false},
		"two senders":                  {ours + "; dkim=pass header.d=evil.example\r\nFrom: x@evil.example, lea@bruyere.example", false},
		"two From fields":              {ours + "; dkim=pass header.d=bruyere.example\r\nFrom: lea@bruyere.example\r\nFrom: x@evil.example", false},
		"two To fields":                {ours + "; dkim=pass header.d=bruyere.example\r\nTo: a@b.example\r\nTo: c@d.example\r\nFrom: lea@bruyere.example", false},
		"the server reads another":     {ours + "; dkim=pass header.d=bruyere.example; dmarc=none header.from=evil.example\r\nFrom: lea@bruyere.example", false},
		"an address in the name":       {ours + "; dkim=pass header.d=evil.example\r\nFrom: \"lea@bruyere.example\" <x@evil.example> <lea@bruyere.example>", false},
		"a quoted part of an address":  {ours + "; spf=pass smtp.mailfrom=\"x@bruyere.example\"@evil.example\r\nFrom: lea@bruyere.example", false},
		"the same in a signature":      {ours + "; dkim=pass header.i=\"x@bruyere.example\"@evil.example\r\nFrom: lea@bruyere.example", false},
		"a bracket hides a failure":    {ours + "; dkim=pass header.d=bruyere.example; spf=pass smtp.mailfrom=\"a(\"@evil.example; dmarc=fail header.from=bruyere.example\r\nFrom: lea@bruyere.example", false},
		"a bracket without an end":     {ours + "; dkim=pass header.d=bruyere.example; spf=pass smtp.mailfrom=a(@evil.example; dmarc=fail header.from=bruyere.example\r\nFrom: lea@bruyere.example", false},
		"a quote without an end":       {ours + "; dkim=pass header.d=bruyere.example; spf=pass smtp.mailfrom=a\"@evil.example; dmarc=fail header.from=bruyere.example\r\nFrom: lea@bruyere.example", false},
		"a bent field above ours":      {ours + "; spf=pass smtp.mailfrom=\"x\"@evil.example\r\n" + ours + "; dkim=pass header.d=bruyere.example\r\nFrom: lea@bruyere.example", false},
		"a quote in a comment":         {ours + "; dkim=pass (signer \"x\" (ok)) header.d=bruyere.example\r\nFrom: lea@bruyere.example", true},
		"nothing":                      {"From: lea@bruyere.example", false},
		"no results":                   {ours + "; none\r\nFrom: lea@bruyere.example", false},
	} {
		m, err := ParseBy([]byte(c.head+"\r\nSubject: x\r\n\r\nhello\r\n"), time.Now(), nil, "mx.example.org")
		if err != nil || m.Said.Proof == nil || m.Said.Proof.Aligned != c.aligned {
			t.Errorf("%s: %+v, %v; want aligned %v", name, m.Said.Proof, err, c.aligned)
		}
	}
	own := NewOwn("contact@example.org")
	for head, ours := range map[string]bool{
		"From: contact@example.org": false,
		"Authentication-Results: mx.example.org; auth=pass\r\nFrom: contact@example.org":                      true,
		"Authentication-Results: mx.example.org; dkim=pass header.d=example.org\r\nFrom: contact@example.org": true,
	} {
		m, err := ParseBy([]byte(head+"\r\n\r\nhello\r\n"), time.Now(), own, "mx.example.org")
		if err != nil || m.Said.Ours != ours {
			t.Errorf("%s: ours %v, %v", head, m.Said.Ours, err)
		}
	}
}

func FuzzAuthentication(f *testing.F) {
	f.Add(`mx.example.org 1; dkim=pass (a \) b) header.d="x.example"; spf=fail`)
	f.Add(`;;=`)
	f.Fuzz(func(t *testing.T, v string) {
		_, list, _ := authentication(v)
		if len(list) > mostFindings {
			t.Fatal(len(list))
		}
	})
}
