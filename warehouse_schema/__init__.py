"""Every table of the warehouse, declared once."""

from warehouse_schema.catalog import CLEAN, MARTS, OPS, PINNED, RESTRICTED, TABLES
from warehouse_schema.table import Array, Column, Map, Struct, Table

__all__ = ["CLEAN", "MARTS", "OPS", "PINNED", "RESTRICTED", "TABLES", "Array", "Column", "Map", "Struct", "Table"]
