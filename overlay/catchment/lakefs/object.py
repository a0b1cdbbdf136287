"""Objects and their files, under the module name of lakeFS's own package."""

from catchment.lakefs._sync.files import ObjectReader as ObjectReader
from catchment.lakefs._sync.files import ObjectWriter as ObjectWriter
from catchment.lakefs._sync.objects import StoredObject as StoredObject
from catchment.lakefs._sync.objects import WriteableObject as WriteableObject
from catchment.lakefs.modes import OpenModes as OpenModes
from catchment.lakefs.modes import ReadModes as ReadModes
from catchment.lakefs.modes import WriteModes as WriteModes

__all__ = ["ObjectReader", "ObjectWriter", "OpenModes", "ReadModes", "StoredObject", "WriteModes", "WriteableObject"]
