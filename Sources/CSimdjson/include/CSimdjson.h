// simdjson's DOM parser behind a C interface. The DOM validates the whole record; the on-demand
// mode accepts malformed ones.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Bytes that must be readable behind every record that is parsed.
enum { CORDON_JSON_PADDING = 64 };

/// What became of a field that was looked for.
enum {
  CORDON_FIELD_STRING = 0,   ///< a string; `bytes` and `length` hold its unescaped UTF-8
  CORDON_FIELD_MISSING = 1,  ///< no such key
  CORDON_FIELD_OTHER = 2,    ///< present, but not a string (nor an integer, for an id)
  CORDON_FIELD_REPEATED = 3, ///< the key occurs more than once in its object
};

/// What became of a record.
enum {
  CORDON_RECORD_OK = 0,
  CORDON_RECORD_INVALID_JSON = 1,
  CORDON_RECORD_INVALID_UTF8 = 2,
  CORDON_RECORD_LONE_SURROGATE = 3,
  CORDON_RECORD_TOO_DEEP = 4,
  CORDON_RECORD_OUT_OF_MEMORY = 5,
};

typedef struct cordon_json_parser cordon_json_parser;

typedef struct {
  int status;           ///< a CORDON_FIELD value
  const uint8_t *bytes; ///< valid until the next parse
  size_t length;
} cordon_json_field;

/// A dotted path, split into its keys.
typedef struct {
  const char *const *keys;
  const size_t *lengths;
  size_t count;
} cordon_json_path;

cordon_json_parser *cordon_json_parser_new(void);
void cordon_json_parser_free(cordon_json_parser *parser);

/// Parses one record and looks up `count` paths in it.
///
/// `record` must have CORDON_JSON_PADDING readable bytes behind `length`. An integer is given as
/// its decimal digits where `integers[i]` is true. Answers a CORDON_RECORD value; `fields` is
/// written only on CORDON_RECORD_OK.
int cordon_json_parse(cordon_json_parser *parser, const uint8_t *record, size_t length,
                      const cordon_json_path *paths, const bool *integers,
                      cordon_json_field *fields, size_t count);

/// Whether these bytes are valid UTF-8.
bool cordon_utf8_is_valid(const uint8_t *bytes, size_t length);

/// The name and version of the library that is linked, for the ledger.
const char *cordon_json_version(void);

/// Whether this processor has what the build assumes (x86-64-v3; always true elsewhere).
bool cordon_processor_is_supported(void);

#ifdef __cplusplus
}
#endif
