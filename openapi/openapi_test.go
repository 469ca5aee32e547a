package openapi_test

import (
	"bytes"
	"testing"

	"o2r/api"
	"o2r/openapi"
)

func TestTheDocumentIsCurrent(t *testing.T) {
	made, err := api.Document("3.1", "json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(made, openapi.Document) {
		t.Error("openapi.json is not what the operations say: run go generate ./openapi and look at the difference")
	}
}
