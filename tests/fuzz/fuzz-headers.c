/* fuzz-headers.c: MsaHeaders against a list of strings
 *
 * Input: a call in each line. Its first character says which, the rest is a name, a
 * colon and a value; see the table of calls.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz.h"

#include "model/msa-error.h"

#define MAX_CALLS 50
/* Comparing all after each call is quadratic: of a long list it is done after every so many, and at
 * the end. */
#define SHORT_LIST 4
#define CALLS_IN_A_ROW 16

typedef struct
{
  char    *name;
  GString *value;
} Pair;

/* What must be in the list. */
typedef struct
{
  GPtrArray  *pairs;      /* (element-type Pair) */
  GHashTable *suppressed; /* of names in lower case */
  gboolean    frozen;
} Model;

typedef struct
{
  MsaHeaders *headers; /* (owned) */
  Model       model;
  guint       n_calls;
  char       *name;    /* (owned) */
  char       *value;   /* (owned) (nullable): NULL without a colon */
} Fuzz;

static void
free_pair (gpointer data)
{
  Pair *pair = data;

  g_free (pair->name);
  g_string_free (pair->value, TRUE);
  g_free (pair);
}

/* The model */

static char *
trim (const char *text)
{
  gsize len = strlen (text);

  while (len > 0 && strchr (" \t", text[len - 1]) != NULL)
    len--;
  while (len > 0 && strchr (" \t", text[0]) != NULL)
    {
      text++;
      len--;
    }

  return g_strndup (text, len);
}

static gboolean
is_token (const char *text)
{
  const char *at = text;

  while (*at != '\0' && (g_ascii_isalnum (*at) || strchr ("!#$%&'*+-.^_`|~", *at) != NULL))
    at++;

  return *at == '\0' && at > text;
}

static gboolean
is_value (const char *text)
{
  for (const char *at = text; *at != '\0'; at++)
    {
      if (g_ascii_iscntrl (*at) && *at != '\t')
        return FALSE;
    }

  return TRUE;
}

static Pair *
model_get (Model *self,
           guint i)
{
  return g_ptr_array_index (self->pairs, i);
}

static void
model_append (Model *self,
              const char *name,
              const char *value)
{
  Pair *pair = g_new (Pair, 1);

  pair->name = g_strdup (name);
  pair->value = g_string_new (value);
  g_ptr_array_add (self->pairs, pair);
}

/* Among the first @n. */
static gboolean
model_remove (Model *self,
              const char *name,
              guint n)
{
  gboolean any = FALSE;

  for (guint i = n; i-- > 0;)
    {
      if (g_ascii_strcasecmp (model_get (self, i)->name, name) == 0)
        {
          g_ptr_array_remove_index (self->pairs, i);
          any = TRUE;
        }
    }

  return any;
}

static gboolean
model_unsuppress (Model *self,
                  const char *name)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);

  return g_hash_table_remove (self->suppressed, lower);
}

static gboolean
model_add (Model *self,
           const char *raw_name,
           const char *raw_value,
           gboolean replace)
{
  g_autofree char *name = trim (raw_name);
  g_autofree char *value = raw_value != NULL ? trim (raw_value) : NULL;
  guint n_before = self->pairs->len;

  if (self->frozen || !is_token (name) || (value != NULL && !is_value (value)))
    return FALSE;

  if (value != NULL)
    model_append (self, name, value);
  else
    g_hash_table_add (self->suppressed, g_ascii_strdown (name, -1));
  if (replace)
    model_remove (self, name, n_before);
  if (replace && value != NULL)
    model_unsuppress (self, name);

  return TRUE;
}

/* The calls */

static void
add (Fuzz *self,
     const char *value,
     gboolean replace)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *copy = g_strdup (value);
  guint serial = msa_headers_get_serial (self->headers);
  gboolean done;

  if (replace)
    done = msa_headers_replace (self->headers, self->name, value, &error);
  else
    done = msa_headers_append (self->headers, self->name, value, &error);
  g_assert_cmpint (done, ==, model_add (&self->model, self->name, copy, replace));
  if (done)
    {
      g_assert_no_error (error);
      return;
    }

  g_assert_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_cmpuint (msa_headers_get_serial (self->headers), ==, serial);
}

static void
call_append (Fuzz *self)
{
  add (self, self->value, FALSE);
}

static void
call_replace (Fuzz *self)
{
  add (self, self->value, TRUE);
}

/* With a string that the list itself gave: the value of the field named by the value. */
static void
call_append_own (Fuzz *self)
{
  add (self, msa_headers_get (self->headers, self->value != NULL ? self->value : ""), FALSE);
}

static void
call_replace_own (Fuzz *self)
{
  add (self, msa_headers_get (self->headers, self->value != NULL ? self->value : ""), TRUE);
}

static void
call_remove (Fuzz *self)
{
  g_autofree char *name = trim (self->name);
  gboolean any;

  any = !self->model.frozen && model_unsuppress (&self->model, name);
  any |= !self->model.frozen && model_remove (&self->model, name, self->model.pairs->len);
  g_assert_cmpint (msa_headers_remove (self->headers, self->name), ==, any);
}

static void
call_clear (Fuzz *self)
{
  msa_headers_clear (self->headers);
  if (self->model.frozen)
    return;
  g_ptr_array_set_size (self->model.pairs, 0);
  g_hash_table_remove_all (self->model.suppressed);
}

static void
call_freeze (Fuzz *self)
{
  msa_headers_freeze (self->headers);
  self->model.frozen = TRUE;
}

/* Goes on with the copy; what happens to the first list is nothing to it. */
static void
call_copy (Fuzz *self)
{
  MsaHeaders *copy = msa_headers_copy (self->headers);

  g_assert_cmpuint (msa_headers_get_serial (copy), ==, msa_headers_get_serial (self->headers));
  msa_headers_clear (self->headers);
  msa_headers_append (self->headers, "Other", "list", NULL);
  msa_headers_unref (self->headers);
  self->headers = copy;
  self->model.frozen = FALSE;
}

/* As codecs do, who check first. */
static void
call_append_checked (Fuzz *self)
{
  const char *value = self->value != NULL ? self->value : "";

  if (!is_token (self->name) || !is_value (value))
    return;
  msa_headers_append_checked (self->headers, msa_slice_from_string (self->name),
                              msa_slice_from_string (value));
  model_append (&self->model, self->name, value);
}

static void
call_extend_last (Fuzz *self)
{
  Pair *last;

  msa_headers_extend_last (self->headers, msa_slice_from_string (self->name));
  if (self->model.pairs->len == 0 || self->name[0] == '\0')
    return;

  last = model_get (&self->model, self->model.pairs->len - 1);
  if (last->value->len > 0)
    g_string_append_c (last->value, ' ');
  g_string_append (last->value, self->name);
}

/* Looking */

static void
assert_slice (MsaSlice slice,
              const char *text)
{
  g_assert_cmpmem (slice.data, slice.len, text, strlen (text));
}

static void
call_get (Fuzz *self)
{
  g_autofree char *name = trim (self->name);
  g_auto (GStrv) all = msa_headers_get_all (self->headers, self->name);
  const char *first = NULL;
  MsaSlice found = MSA_SLICE_INIT;
  guint n = 0;

  for (guint i = 0; i < self->model.pairs->len; i++)
    {
      Pair *pair = model_get (&self->model, i);

      if (g_ascii_strcasecmp (pair->name, name) != 0)
        continue;
      if (n == 0)
        first = pair->value->str;
      g_assert_cmpstr (all[n++], ==, pair->value->str);
    }

  g_assert_cmpuint (g_strv_length (all), ==, n);
  g_assert_cmpstr (msa_headers_get (self->headers, self->name), ==, first);
  g_assert_cmpint (msa_headers_find (self->headers, msa_slice_from_string (name), &found), ==,
                   first != NULL);
  if (first != NULL)
    assert_slice (found, first);
}

static const struct
{
  char   key;
  void (*call) (Fuzz *self);
} calls[] = {
  { '+', call_append },
  { '=', call_replace },
  { '-', call_remove },
  { '?', call_get },
  { '@', call_append_own },
  { '%', call_replace_own },
  { '!', call_append_checked },
  { '~', call_extend_last },
  { '&', call_copy },
  { '*', call_clear },
  { '#', call_freeze },
};

typedef struct
{
  Model *model;
  guint  i;
} Walk;

static void
compare_field (const char *name,
               const char *value,
               gpointer user_data)
{
  Walk *walk = user_data;
  Pair *pair = model_get (walk->model, walk->i++);

  g_assert_cmpstr (name, ==, pair->name);
  g_assert_cmpstr (value, ==, pair->value->str);
}

static void
compare_all (Fuzz *self)
{
  Walk walk = { &self->model, 0 };
  guint n = self->model.pairs->len;

  for (guint i = 0; i < n; i++)
    {
      const char *value;
      const char *own = msa_headers_get_nth (self->headers, i, &value);
      MsaSlice own_slice, value_slice;

      msa_headers_peek_nth (self->headers, i, &own_slice, &value_slice);
      assert_slice (own_slice, own);
      assert_slice (value_slice, value);
    }
  g_assert_null (msa_headers_get_nth (self->headers, n, NULL));
  msa_headers_foreach (self->headers, compare_field, &walk);
  g_assert_cmpuint (walk.i, ==, n);
}

static void
compare (Fuzz *self)
{
  guint n = self->model.pairs->len;
  g_autofree char *name = trim (self->name);
  g_autofree char *lower = g_ascii_strdown (name, -1);

  g_assert_cmpuint (msa_headers_get_length (self->headers), ==, n);
  g_assert_cmpint (msa_headers_is_suppressed (self->headers, msa_slice_from_string (name)), ==,
                   g_hash_table_contains (self->model.suppressed, lower));
  if (n <= SHORT_LIST || ++self->n_calls % CALLS_IN_A_ROW == 0)
    compare_all (self);
}

static void
run_line (Fuzz *self,
          MsaSlice line)
{
  MsaCursor rest = msa_cursor_from_slice (line);
  int key = msa_cursor_next (&rest);
  guint i = 0;
  MsaSlice name;

  while (i < G_N_ELEMENTS (calls) - 1 && calls[i].key != key)
    i++;
  /* What is no call is one of the first ones, so that few inputs do nothing. */
  if (calls[i].key != key)
    i = (guint) key % 4;

  self->value = NULL;
  if (msa_cursor_take_until (&rest, ':', &name))
    {
      msa_cursor_next (&rest);
      self->value = msa_slice_dup (msa_cursor_rest (&rest));
      self->name = msa_slice_dup (name);
    }
  else
    self->name = msa_slice_dup (msa_cursor_rest (&rest));

  calls[i].call (self);
  compare (self);
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->value, g_free);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t size)
{
  MsaCursor input = msa_cursor (data, size);
  Fuzz self = { .headers = msa_headers_new () };

  self.model.pairs = g_ptr_array_new_with_free_func (free_pair);
  self.model.suppressed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < MAX_CALLS && !msa_cursor_is_empty (&input); i++)
    run_line (&self, msa_fuzz_take_line (&input));
  compare_all (&self);

  g_hash_table_unref (self.model.suppressed);
  g_ptr_array_unref (self.model.pairs);
  msa_headers_unref (self.headers);

  return 0;
}
