package web

import (
	"net/http"
	"time"

	"github.com/entente/entente/internal/org"
)

// deviceCookie names the cookie that carries by what a browser is known. It stays when somebody signs out.
func (s *Server) deviceCookie() string {
	if s.Secure {
		return "__Host-entente-device"
	}
	return "entente-device"
}

// Visit is where a request came from, and by what its browser is known.
func (s *Server) Visit(r *http.Request) org.Visit {
	v := VisitOf(r)
	if c, err := r.Cookie(s.deviceCookie()); err == nil {
		v.Device = c.Value
	}
	return v
}

// LetIn signs the browser in with the secret of a session; the browser is known from then on.
func (s *Server) LetIn(w http.ResponseWriter, r *http.Request, token string) error {
	s.SignIn(w, token)
	device, err := s.Org.Remember(r.Context(), token, s.Visit(r).Device)
	if err != nil {
		return err
	}
	http.SetCookie(w, s.cookie(s.deviceCookie(), device, int(org.DeviceFor/time.Second)))
	return nil
}

// Keep lets the browser bring a value along for so long; "" takes it away. No script of a page can read it.
func (s *Server) Keep(w http.ResponseWriter, name, value string, lasts time.Duration) {
	age := int(lasts / time.Second)
	if value == "" {
		age = -1
	}
	http.SetCookie(w, s.cookie(name, value, age))
}
