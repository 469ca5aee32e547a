// Package openapi holds the API's OpenAPI document as it is generated and committed, so that a
// change of the wire contract is seen in review. It holds nothing else: the document is made
// from the operations in package api.
package openapi

import _ "embed"

// Document is the committed document: OpenAPI 3.1, in JSON.
//
//go:generate go run ../cmd/o2r openapi --output openapi.json
//go:embed openapi.json
var Document []byte
