package domain

// MaxContours and MaxContourBytes are how many contours, and how much of them as text, one answer holds: a targeted list
// whole, or a department as finely as it is drawn.
const (
	MaxContours     = 5000
	MaxContourBytes = 32 << 20
)

// ContourQuery asks where territories lie.
type ContourQuery struct {
	Programme  string        `query:"programme" doc:"Only those on this programme's targeted list; each then says its sector." pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" patternDescription:"lower-case words and digits joined by hyphens" minLength:"2" maxLength:"60" example:"o2r-somme"`
	Kind       TerritoryKind `query:"kind" doc:"Communes or priority quarters only."`
	Department string        `query:"department" doc:"Only those of the department of this code." pattern:"^([0-9]{2,3}|2[AB])$" patternDescription:"the code of a department: two or three digits, 2A or 2B" minLength:"2" maxLength:"3" example:"80"`
	Codes      []string      `query:"code,explode" doc:"Only these territories; repeat the parameter for several. A code that is none, or whose contour was not loaded, is left out." pattern:"^[0-9A-Z]{5,8}$" patternDescription:"the INSEE code of a commune or the code of a priority quarter" maxItems:"200" minLength:"5" maxLength:"8" example:"[\"80253\"]"`
}

// LocatedTerritory is a territory whose contour is loaded.
type LocatedTerritory struct {
	Place
	*OnList
}

// OnList is what the targeted list that was asked for says of a territory.
type OnList struct {
	Sector   *string
	Targeted bool
}

// CheckContourSize refuses an answer too large to be drawn, and says what to do instead. A part of it would look like a map
// with holes, so it is all or nothing, and not in pages.
func CheckContourSize(count, bytes int, instead string) error {
	if count <= MaxContours && bytes <= MaxContourBytes {
		return nil
	}
	var faults Faults
	faults.AddAt("query", "too_many_contours", "These are %d contours of %d MB in all, and one answer holds %d of %d MB at most: %s, or have simpler contours loaded.",
		count, (bytes+1<<20-1)>>20, MaxContours, MaxContourBytes>>20, instead)
	return faults.Err()
}
