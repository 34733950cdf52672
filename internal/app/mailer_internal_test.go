package app

import "testing"

// What is sent with a password is encrypted, but on the machine itself.
func TestMailServerSecurity(t *testing.T) {
	t.Parallel()
	for server, want := range map[string]string{
		"smtp://mail.example:25":                "TLSOpportunistic",
		"smtp://ada:secret@mail.example:587":    "TLSMandatory",
		"smtp://ada@mail.example":               "TLSMandatory",
		"smtp://ada:secret@192.0.2.7":           "TLSMandatory",
		"smtp://ada:secret@localhost.example":   "TLSMandatory",
		"smtp://ada:secret@localhost:1025":      "TLSOpportunistic",
		"smtp://ada:secret@127.0.0.1:1025":      "TLSOpportunistic",
		"smtp://ada:secret@[::1]:1025":          "TLSOpportunistic",
		"smtp://ada:secret@[::ffff:127.0.0.1]/": "TLSOpportunistic",
	} {
		c, err := (&mailer{server: server}).client()
		if err != nil {
			t.Fatal(server, err)
		}
		if c.TLSPolicy() != want {
			t.Errorf("%s: %s, want %s", server, c.TLSPolicy(), want)
		}
	}
}
