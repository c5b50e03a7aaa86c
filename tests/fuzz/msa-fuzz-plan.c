/* msa-fuzz-plan.c: inputs of lines, changed as what they are
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz-plan.h"

#include <string.h>

/* The most actions that come again at once. */
#define MAX_REPEATED 8

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

typedef struct
{
  const MsaFuzzGrammar *grammar; /* (unowned) */
  GPtrArray            *lines;   /* (owned) (element-type GString) */
  guint64               random;
} Input;

static void
free_line (gpointer data)
{
  g_string_free (data, TRUE);
}

/* From 0 to @n - 1. */
static gsize
choose (Input *self,
        gsize n)
{
  self->random ^= self->random << 13;
  self->random ^= self->random >> 7;
  self->random ^= self->random << 17;

  return n == 0 ? 0 : (gsize) (self->random >> 16) % n;
}

static void
begin (Input *self,
       const MsaFuzzGrammar *grammar,
       guint seed)
{
  self->grammar = grammar;
  self->lines = g_ptr_array_new_with_free_func (free_line);
  self->random = (guint64) seed * 2654435761u + 88172645463325252u;
  choose (self, 1);
}

static GString *
get_line (Input *self,
          guint i)
{
  return g_ptr_array_index (self->lines, i);
}

static void
read_lines (Input *self,
            const guint8 *data,
            size_t size)
{
  const char *at = (const char *) data;
  const char *end = size > 0 ? at + size : at;

  while (at < end)
    {
      const char *lf = memchr (at, '\n', (gsize) (end - at));
      gsize len = (gsize) ((lf != NULL ? lf : end) - at);

      g_ptr_array_add (self->lines, g_string_new_len (at, (gssize) len));
      at += len + (lf != NULL);
    }
  while (self->lines->len <= self->grammar->n_plans)
    g_ptr_array_add (self->lines, g_string_new (NULL));
}

static size_t
write_lines (Input *self,
             guint8 *data,
             size_t max_size)
{
  size_t size = 0;

  for (guint i = 0; i < self->lines->len; i++)
    {
      const GString *line = get_line (self, i);
      gsize len = MIN (line->len, max_size - size);

      if (len > 0)
        memcpy (&data[size], line->str, len);
      size += len;
      if (i + 1 < self->lines->len && size < max_size)
        data[size++] = '\n';
    }
  g_ptr_array_unref (self->lines);

  return size;
}

/* The row of digits */

static char
choose_digit (Input *self)
{
  return digits[choose (self, choose (self, 2) == 0 ? 8 : sizeof (digits) - 1)];
}

static void
change_digits (Input *self,
               GString *line)
{
  gsize at = choose (self, line->len + 1);

  if (at == line->len)
    g_string_append_c (line, choose_digit (self));
  else
    line->str[at] = choose_digit (self);
}

/* Plans */

static void
insert_action (Input *self,
               GString *line,
               gsize at)
{
  char action[] = { 0, 0, '\0' };

  action[0] = self->grammar->keys[choose (self, strlen (self->grammar->keys))];
  action[1] = choose_digit (self);
  g_string_insert (line, (gssize) at, action);
}

/* Some of the actions of a plan, this one or another one, come here. */
static void
copy_actions (Input *self,
              GString *line,
              gsize at)
{
  const GString *from = get_line (self, 1 + (guint) choose (self, self->grammar->n_plans));
  gsize start = 2 * choose (self, from->len / 2 + 1);
  gsize len = MIN (from->len - start, 2 * (1 + choose (self, MAX_REPEATED)));
  g_autofree char *copy = g_strndup (&from->str[start], len);

  g_string_insert (line, (gssize) at, copy);
}

static void
change_plan (Input *self,
             GString *line)
{
  gsize n = line->len / 2;
  gsize at = 2 * choose (self, n + 1);

  switch (n == 0 ? 0 : choose (self, 8))
    {
    case 0:
    case 1:
    case 2:
      insert_action (self, line, at);
      break;
    case 3:
      copy_actions (self, line, at);
      break;
    case 4:
      g_string_erase (line, (gssize) (2 * choose (self, n)), 2);
      break;
    case 5: /* to the end */
      g_string_truncate (line, at);
      break;
    case 6: /* another action */
      at = 2 * choose (self, n);
      g_string_erase (line, (gssize) at, 2);
      insert_action (self, line, at);
      break;
    default:
      line->str[2 * choose (self, n) + 1] = choose_digit (self);
      break;
    }
}

/* Texts */

static void
insert_phrase (Input *self,
               GString *line)
{
  const char *const *phrases = self->grammar->phrases;

  g_string_insert (line, (gssize) choose (self, line->len + 1),
                   phrases[choose (self, g_strv_length ((GStrv) phrases))]);
}

static void
change_text (Input *self,
             guint i)
{
  GString *line = get_line (self, i);
  gsize at = choose (self, line->len + 1);

  switch (choose (self, 6))
    {
    case 0:
    case 1:
      insert_phrase (self, line);
      break;
    case 2: /* a piece goes */
      g_string_erase (line, (gssize) at, (gssize) choose (self, MIN (line->len - at, 8) + 1));
      break;
    case 3: /* the text goes */
      g_ptr_array_remove_index (self->lines, i);
      break;
    case 4: /* it comes again */
      g_ptr_array_insert (self->lines, (gint) i, g_string_new (line->str));
      break;
    default:
      g_string_truncate (line, at);
      break;
    }
}

/* Both */

size_t
msa_fuzz_plan_mutate (const MsaFuzzGrammar *grammar,
                      guint8 *data,
                      size_t size,
                      size_t max_size,
                      guint seed)
{
  Input self;
  guint i;

  begin (&self, grammar, seed);
  /* What no grammar thinks of. */
  if (choose (&self, 4) == 0)
    {
      g_ptr_array_unref (self.lines);
      return LLVMFuzzerMutate (data, size, max_size);
    }

  read_lines (&self, data, size);
  i = (guint) choose (&self, self.lines->len + 2);
  if (i == 0)
    change_digits (&self, get_line (&self, 0));
  else if (i <= grammar->n_plans)
    change_plan (&self, get_line (&self, i));
  else if (i < self.lines->len)
    change_text (&self, i);
  else if (i == self.lines->len)
    change_plan (&self, get_line (&self, 1 + (guint) choose (&self, grammar->n_plans)));
  else
    {
      g_ptr_array_add (self.lines, g_string_new (NULL));
      insert_phrase (&self, get_line (&self, self.lines->len - 1));
    }

  return write_lines (&self, data, max_size);
}

size_t
msa_fuzz_plan_cross (const MsaFuzzGrammar *grammar,
                     const guint8 *one,
                     size_t one_size,
                     const guint8 *other,
                     size_t other_size,
                     guint8 *out,
                     size_t max_size,
                     guint seed)
{
  Input self, from;

  begin (&self, grammar, seed);
  begin (&from, grammar, seed);
  read_lines (&self, one, one_size);
  read_lines (&from, other, other_size);
  for (guint i = 1; i <= grammar->n_plans; i++)
    {
      GString *plan = get_line (&self, i);
      const GString *end = get_line (&from, i);

      g_string_truncate (plan, MIN (plan->len, 2 * choose (&self, plan->len / 2 + 1)));
      g_string_append (plan, &end->str[MIN (end->len, 2 * choose (&self, end->len / 2 + 1))]);
    }
  for (guint i = grammar->n_plans + 1; i < from.lines->len; i++)
    {
      const GString *text = get_line (&from, i);

      if (choose (&self, 2) == 0)
        g_ptr_array_add (self.lines, g_string_new_len (text->str, (gssize) text->len));
    }
  g_ptr_array_unref (from.lines);

  return write_lines (&self, out, max_size);
}
