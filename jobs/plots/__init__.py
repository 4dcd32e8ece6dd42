"""Pictures of published tables: numbers (`data`, one module per question), matplotlib (`draw`), pages (`html`)."""
