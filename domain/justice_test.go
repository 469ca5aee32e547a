package domain

import "testing"

func TestWordsThatTellOfJustice(t *testing.T) {
	for text, want := range map[string]bool{
		"SPIP Amiens": true, "spip": true, "Antenne du S.P.I.P.": true, "Maison d’arrêt d'Amiens": true, "maison d'arre\u0302t": true, "PJJ 80": true, "Palais de Justice": true,
		"Service pénitentiaire d'insertion": true, "SERVICE PÉNITENTIAIRE": true, "Sortir de détention": true, "Après l'incarcération": true, "Emprisonnement : et après ?": true,
		"Mesure judiciaire": true, "TIG": true, "Travail d'intérêt général": true, "Semi‑liberté": true, "Aménagement de peine": true, "Les ex-détenues": true,
		"France Travail Doullens": false, "France Services Flixecourt": false, "Préparer un entretien": false, "Mobilité : le code de la route": false, "Spipolle": false, "Le tigre": false, "": false, "Ajustement": false,
	} {
		if got := WordsTellOfJustice(text); got != want {
			t.Errorf("%q tells of justice: %v", text, got)
		}
	}
}
