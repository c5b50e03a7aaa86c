/* test-option-values.c: what an easy makes of each option's values
 *
 * COPY and RESET: no setting is forgotten. BOUNDS: what lies beyond them is refused. The rows are
 * made from model/options.toml; what comes of the options is in test-option-matrix.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "unit/msa-test-option-row.h"

#include <string.h>

static char *
get_fields (const MsaSettings *settings)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < N_ROWS; i++)
    {
      g_string_append_printf (text, "%s=", option_rows[i].name);
      option_rows[i].append (settings, text);
      g_string_append_c (text, '\n');
    }

  return g_string_free (text, FALSE);
}

static char *
get_field (const OptionRow *row,
           MsaEasy *easy)
{
  GString *text = g_string_new (NULL);

  row->append (msa_easy_peek_settings (easy), text);

  return g_string_free (text, FALSE);
}

static MsaEasy *
make (const OptionRow *row)
{
  MsaEasy *easy = msa_easy_new ("http://example.org/");

  if (row->beside != NULL)
    row->beside (easy);

  return easy;
}

static void
test_copy (gconstpointer data)
{
  const OptionRow *row = data;
  g_autoptr (MsaEasy) easy = make (row);
  g_autoptr (MsaEasy) copy = NULL;
  g_autofree char *before = NULL;
  g_autofree char *copied = NULL;
  g_autofree char *after = NULL;
  g_autofree char *other = NULL;

  row->apply (easy, 0);
  copy = msa_easy_copy (easy);
  before = get_fields (msa_easy_peek_settings (easy));
  copied = get_fields (msa_easy_peek_settings (copy));
  g_assert_cmpstr (before, ==, copied);

  /* A change of the copy is none of the original's. */
  row->undo (copy);
  msa_easy_take_snapshot (copy, NULL);
  msa_easy_take_snapshot (easy, NULL);
  after = get_fields (msa_easy_peek_settings (easy));
  g_assert_cmpstr (after, ==, before);
  other = get_field (row, copy);
  copied = (g_free (copied), get_field (row, easy));
  g_assert_cmpstr (other, !=, copied);
}

static void
test_reset (gconstpointer data)
{
  const OptionRow *row = data;
  g_autoptr (MsaEasy) easy = msa_easy_new (NULL);
  g_autoptr (MsaEasy) fresh = msa_easy_new (NULL);
  g_autofree char *normal = NULL;
  g_autofree char *other = NULL;
  g_autofree char *after = NULL;

  msa_easy_take_snapshot (fresh, NULL);
  normal = get_fields (msa_easy_peek_settings (fresh));
  for (guint n = 0; n < count_values (row); n++)
    {
      row->apply (easy, n);
      msa_easy_take_snapshot (easy, NULL);
      g_free (other);
      other = get_fields (msa_easy_peek_settings (easy));
      g_assert_cmpstr (other, !=, normal);

      msa_easy_reset (easy);
      msa_easy_take_snapshot (easy, NULL);
      g_free (after);
      after = get_fields (msa_easy_peek_settings (easy));
      g_assert_cmpstr (after, ==, normal);
    }
}

/* BOUNDS: what g_object_set_property() makes of values at the edge and beyond. */

#define BOUNDS_LEVEL G_LOG_LEVEL_WARNING

typedef enum
{
  EDGE_LOWEST,
  EDGE_HIGHEST,
  EDGE_BELOW,
  EDGE_ABOVE,
  N_EDGES,
} Edge;

/* FALSE: the type @lowest to @highest of C has no such number. */
static gboolean
pick (gint64 minimum,
      gint64 maximum,
      gint64 lowest,
      gint64 highest,
      Edge edge,
      gint64 *number)
{
  switch (edge)
    {
    case EDGE_LOWEST:
      *number = minimum;
      return TRUE;
    case EDGE_HIGHEST:
      *number = maximum;
      return TRUE;
    case EDGE_BELOW:
      *number = minimum - (minimum > lowest ? 1 : 0);
      return minimum > lowest;
    case EDGE_ABOVE:
      *number = maximum + (maximum < highest ? 1 : 0);
      return maximum < highest;
    case N_EDGES:
    default:
      g_assert_not_reached ();
    }
}

static gboolean
set_edge (GValue *value,
          const GParamSpec *pspec,
          Edge edge)
{
  gint64 number = 0;
  gboolean exists = FALSE;

  if (G_IS_PARAM_SPEC_UINT (pspec))
    {
      const GParamSpecUInt *spec = G_PARAM_SPEC_UINT (pspec);

      exists = pick (spec->minimum, spec->maximum, 0, G_MAXUINT, edge, &number);
      g_value_set_uint (value, (guint) number);
    }
  else if (G_IS_PARAM_SPEC_INT (pspec))
    {
      const GParamSpecInt *spec = G_PARAM_SPEC_INT (pspec);

      exists = pick (spec->minimum, spec->maximum, G_MININT, G_MAXINT, edge, &number);
      g_value_set_int (value, (int) number);
    }
  else if (G_IS_PARAM_SPEC_INT64 (pspec))
    {
      const GParamSpecInt64 *spec = G_PARAM_SPEC_INT64 (pspec);

      exists = pick (spec->minimum, spec->maximum, G_MININT64, G_MAXINT64, edge, &number);
      g_value_set_int64 (value, number);
    }
  else if (G_IS_PARAM_SPEC_ENUM (pspec))
    {
      const GEnumClass *klass = G_PARAM_SPEC_ENUM (pspec)->enum_class;

      exists = pick (klass->minimum, klass->maximum, G_MININT, G_MAXINT, edge, &number);
      g_value_set_enum (value, (int) number);
    }
  else if (G_IS_PARAM_SPEC_FLAGS (pspec))
    {
      const guint mask = G_PARAM_SPEC_FLAGS (pspec)->flags_class->mask;
      const guint flags[] = { 0, mask, 0, ~mask };

      exists = edge != EDGE_BELOW;
      g_value_set_flags (value, flags[edge]);
    }

  return exists;
}

static void
assert_number (const GValue *value,
               gint64 expected)
{
  g_auto (GValue) number = G_VALUE_INIT;

  g_value_init (&number, G_TYPE_INT64);
  g_assert_true (g_value_transform (value, &number));
  g_assert_cmpint (g_value_get_int64 (&number), ==, expected);
}

static void
test_bounds (gconstpointer data)
{
  const OptionRow *row = data;
  g_autoptr (MsaEasy) easy = msa_easy_new (NULL);
  GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (easy), row->name);

  for (guint edge = 0; edge < N_EDGES; edge++)
    {
      g_auto (GValue) value = G_VALUE_INIT;
      g_auto (GValue) now = G_VALUE_INIT;

      g_value_init (&value, pspec->value_type);
      g_value_init (&now, pspec->value_type);
      if (!set_edge (&value, pspec, edge))
        continue;
      if (edge < EDGE_BELOW && row->minimum != row->maximum)
        assert_number (&value, edge == EDGE_LOWEST ? row->minimum : row->maximum);
      if (edge >= EDGE_BELOW)
        g_test_expect_message ("GLib-GObject", BOUNDS_LEVEL, "*out of range*");
      g_object_set_property (G_OBJECT (easy), row->name, &value);
      /* What is refused leaves the highest, which was set before. */
      if (edge >= EDGE_BELOW)
        {
          g_test_assert_expected_messages ();
          set_edge (&value, pspec, EDGE_HIGHEST);
        }
      g_object_get_property (G_OBJECT (easy), row->name, &now);
      g_assert_cmpint (g_param_values_cmp (pspec, &value, &now), ==, 0);
    }
}

/* All at once. */

static void
test_all (void)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (NULL);
  g_autoptr (MsaEasy) fresh = msa_easy_new (NULL);
  g_autoptr (MsaEasy) copy = NULL;
  g_autofree char *fields = NULL;
  g_autofree char *copied = NULL;
  g_autofree char *normal = NULL;
  g_autofree char *after = NULL;

  for (guint i = 0; i < N_ROWS; i++)
    option_rows[i].apply (easy, 0);
  copy = msa_easy_copy (easy);
  fields = get_fields (msa_easy_peek_settings (easy));
  copied = get_fields (msa_easy_peek_settings (copy));
  g_assert_cmpstr (copied, ==, fields);

  msa_easy_reset (easy);
  normal = get_fields (msa_easy_take_snapshot (fresh, NULL));
  after = get_fields (msa_easy_take_snapshot (easy, NULL));
  g_assert_cmpstr (after, ==, normal);
  g_free (after);
  after = get_fields (msa_easy_peek_settings (copy));
  g_assert_cmpstr (after, ==, fields);
}

static void
add_test (const OptionRow *row,
          const char *what,
          GTestDataFunc func)
{
  g_autofree char *path = g_strdup_printf ("/msa/option-values/%s/%s", what, row->name);

  g_test_add_data_func (path, row, func);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < N_ROWS; i++)
    {
      add_test (&option_rows[i], "copy", test_copy);
      add_test (&option_rows[i], "reset", test_reset);
      if (option_rows[i].is_property)
        add_test (&option_rows[i], "bounds", test_bounds);
    }
  g_test_add_func ("/msa/option-values/all", test_all);

  return g_test_run ();
}
