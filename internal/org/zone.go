package org

import (
	"errors"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones must be known on machines that have no list of them
)

func location(zone string) (*time.Location, error) {
	if zone == "" || zone == "Local" || len(zone) > 64 || strings.ContainsRune(zone, 0) {
		return nil, errors.New("no such time zone")
	}
	if l, known := loaded.Load(zone); known {
		return l.(*time.Location), nil
	}
	l, err := time.LoadLocation(zone)
	if err == nil {
		loaded.Store(zone, l)
	}
	return l, err
}

// loaded are the zones that were read from their files, by name: every page asks for one, and there are some hundreds at most.
var loaded = new(sync.Map)

// KnownZone reports whether zone names a time zone.
func KnownZone(zone string) bool {
	_, err := location(zone)
	return err == nil
}

// Zones lists the time zones offered in forms; every other known one is accepted too.
func Zones() []string {
	return []string{
		"UTC", "Europe/Paris", "Europe/Brussels", "Europe/Zurich", "Europe/Luxembourg", "Europe/London", "Europe/Dublin", "Europe/Lisbon",
		"Europe/Madrid", "Europe/Rome", "Europe/Berlin", "Europe/Amsterdam", "Europe/Vienna", "Europe/Copenhagen", "Europe/Oslo",
		"Europe/Stockholm", "Europe/Helsinki", "Europe/Warsaw", "Europe/Prague", "Europe/Budapest", "Europe/Bucharest", "Europe/Sofia",
		"Europe/Athens", "Europe/Kyiv", "Europe/Istanbul", "Africa/Casablanca", "Africa/Algiers", "Africa/Tunis", "Africa/Cairo",
		"Africa/Dakar", "Africa/Abidjan", "Africa/Lagos", "Africa/Kinshasa", "Africa/Nairobi", "Africa/Johannesburg", "Asia/Beirut",
		"Asia/Jerusalem", "Asia/Dubai", "Asia/Karachi", "Asia/Kolkata", "Asia/Dhaka", "Asia/Bangkok", "Asia/Ho_Chi_Minh", "Asia/Singapore",
		"Asia/Shanghai", "Asia/Hong_Kong", "Asia/Seoul", "Asia/Tokyo", "Australia/Perth", "Australia/Adelaide", "Australia/Sydney",
		"Pacific/Auckland", "Pacific/Noumea", "Pacific/Tahiti", "Indian/Reunion", "America/St_Johns", "America/Halifax", "America/Toronto",
		"America/Montreal", "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Vancouver",
		"America/Anchorage", "Pacific/Honolulu", "America/Mexico_City", "America/Bogota", "America/Lima", "America/Santiago",
		"America/Argentina/Buenos_Aires", "America/Sao_Paulo", "America/Cayenne", "America/Guadeloupe", "America/Martinique",
	}
}
